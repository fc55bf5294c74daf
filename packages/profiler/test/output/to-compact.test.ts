import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPACT_BYTES, toCompact } from '../../src/output/to-compact.js';
import { CONTROL, LONE, reportsByName } from '../support/all-reports.js';
import { richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';

describe('the compact text of a report', () => {
  it.each(reportsByName())('is less than 4 KB, and begins with verdict and step: %s', (_, report) => {
    const text = toCompact(report);
    expect(Buffer.byteLength(text)).toBeLessThan(COMPACT_BYTES);
    expect(text).not.toMatch(CONTROL);
    expect(text).not.toMatch(LONE);
    const [first, second] = text.split('\n');
    expect(first).toMatch(/^millpond report v2, verdict: /);
    expect(second).toMatch(/^next: /);
  });

  it('is less than 4 KB whatever names are, and however many findings there are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), fc.integer({ min: 0, max: 40 }), (name, count) => {
        const report = richReport({ name, tasks: 5 });
        report.findings = Array.from({ length: count }, () => report.findings[0] ?? report.notes[0]!);
        expect(Buffer.byteLength(toCompact(report))).toBeLessThan(COMPACT_BYTES);
      }),
      { numRuns: 60 },
    );
  });

  it('names the option to change and the place in the source, even where texts are long', () => {
    const report = richReport();
    report.findings[0]!.advice[0]!.text = 'long '.repeat(500);
    const text = toCompact(report);
    expect(text).toMatch('\n  do: set prefetch: 2 (now "auto"); at /app/src/plan.ts:88; check: run resize; long ');
  });

  it('keeps the line number of a path that is too long', () => {
    const report = richReport();
    report.findings[0]!.advice[0]!.at!.file = `/${'deep/'.repeat(200)}plan.ts`;
    expect(toCompact(report)).toMatch(/…[^\n]*deep\/plan\.ts:88/);
  });

  it('is a few lines for a run without findings', () => {
    expect(toCompact(sampleReport({ tasks: 10 })).split('\n').length).toBeLessThan(9);
  });

  it('has one try, and not one tries', () => {
    expect(toCompact(sampleReport({ tasks: 1 }))).toMatch(/: 1 try, p50/);
  });
});
