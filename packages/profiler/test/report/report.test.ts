import { describe, expect, it } from 'vitest';
import { Report } from '../../src/report/report.js';
import { richReport } from '../support/rich-report.js';

describe('a report', () => {
  it('is plain, versioned data that survives a round trip', () => {
    const report = new Report(richReport());
    expect(JSON.parse(JSON.stringify(report))).toEqual(JSON.parse(JSON.stringify(report.data)));
    expect(report.toJSON().version).toBe(2);
    expect(report.verdict).toBe(report.data.verdict);
  });

  it('shows the profiles that V8 wrote in its Chrome trace', () => {
    const report = new Report(richReport({ tasks: 3 }));
    const profile = report.toCpuProfile()!;
    const isProfile = ({ name }: { name: string }) => name === 'ProfileChunk';
    expect(report.toChromeTrace().traceEvents.some(isProfile)).toBe(false);
    const withRaw = new Report(report.data, { profiles: [{ workerId: 1, profile }] });
    expect(withRaw.toChromeTrace().traceEvents.some(isProfile)).toBe(true);
  });

  it('has every form, each from the same data', () => {
    const report = new Report(richReport({ tasks: 5 }));
    expect(report.toText({ width: 60 })).toMatch(/\nnext: Change resize\.\n$/);
    expect(report.toMarkdown()).toMatch('**Next:** Change resize.');
    expect(report.toCompact()).toMatch('next: Change resize.');
    expect(report.toFolded()).toMatch(/ \d+\n$/);
    expect(report.toPprof().length).toBeGreaterThan(100);
    expect(report.toCsv('tasks')).toMatch(/^pool,task,/);
    expect(report.toPrometheus()).toMatch('millpond_verdict{kind="bottleneck",id="R05"} 1\n');
    expect(report.toOtlp({ serviceName: 'mine' }).traces.resourceSpans[0]!.resource.attributes[0]).toEqual({
      key: 'service.name',
      value: { stringValue: 'mine' },
    });
    expect(report.toSpeedscope().profiles.length).toBeGreaterThan(2);
  });
});
