import { describe, expect, it } from 'vitest';
import { toChromeTrace } from '../../src/output/chrome/to-chrome-trace.js';
import { expectNested } from '../support/nested-slices.js';
import { sampleReport } from '../support/sample-report.js';

describe('the Chrome trace of 100,000 tries', () => {
  it('has no arrows, says so, and nests on each thread', () => {
    const trace = toChromeTrace(sampleReport({ tasks: 100_000 }));
    expect(trace.otherData['leftOut']).toMatch('more than 20000');
    expect(trace.traceEvents.some(({ ph }) => ph === 's')).toBe(false);
    expectNested(trace);
  });
});
