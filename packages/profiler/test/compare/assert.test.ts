import { describe, expect, it } from 'vitest';
import { assert, ProfileAssertionError } from '../../src/compare/assert.js';
import type { Finding } from '../../src/model/finding.js';
import type { ReportData } from '../../src/model/report-data.js';
import { sampleReport } from '../support/sample-report.js';

const report = (): ReportData => sampleReport({ tasks: 300 });

function finding(fields: Partial<Finding> = {}): Finding {
  return {
    ...{ id: 'R05', title: 'DISPATCHER-BOUND', text: 'Workers were free while tasks waited.', kind: 'cause' },
    ...{ scope: { pool: 'resize' }, saving: null, failsInMs: null, confidence: 'high', evidence: [] },
    ...{ advice: [{ text: 'Set prefetch: 2.' }], explains: [] },
    ...fields,
  };
}

function failure(fn: () => unknown): ProfileAssertionError {
  try {
    fn();
  } catch (error) {
    if (error instanceof ProfileAssertionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('assert', () => {
  it('passes figures within their limits, one after another', () => {
    const data = report();
    const { p99Ms, meanMs, maxMs } = data.pools[0]?.byTask[0]?.latency ?? { p99Ms: 0, meanMs: 0, maxMs: 0 };
    assert(data)
      .p99('resize')
      .below(p99Ms + 1)
      .p99('resize')
      .atMost(p99Ms)
      .p99('resize')
      .atLeast(p99Ms)
      .mean('resize')
      .above(meanMs - 1)
      .max('resize')
      .atMost(maxMs)
      .p50('resize')
      .below(p99Ms)
      .p75('resize')
      .below(maxMs)
      .p90('resize')
      .below(maxMs)
      .p95('resize')
      .below(maxMs)
      .p999('resize')
      .below(maxMs + 1)
      .utilization()
      .above(0.1)
      .utilization()
      .below(1.01)
      .throughput()
      .above(1)
      .wall()
      .below(1e6)
      .errors('resize')
      .below(1)
      .tries('resize')
      .above(100)
      .share('resize', 'execution')
      .above(0.05)
      .memory()
      .below(1e9)
      .finding('R05')
      .absent();
  });

  it('says metric, value, limit, and what the report knows about it', () => {
    const data = report();
    const value = data.pools[0]?.byTask[0]?.latency.p99Ms ?? 0;
    const error = failure(() => assert(data).p99('resize').below(1));
    expect(error).toMatchObject({ name: 'ProfileAssertionError', metric: 'p99 of "resize"', value, limit: 1 });
    expect(error.message).toMatch(
      /^The p99 of "resize" is [\d.]+ ms, which is not below 1\.00 ms\. The report says: Workers are busy/,
    );
    expect(error.message).toMatch(/Its latency of [\d.]+ ms on average is [\d.]+ % \w+ and [\d.]+ % \w+\.$/);
    data.findings = [
      finding({
        id: 'R11',
        text: 'resize spends 61 % in parse.',
        scope: { task: 'resize' },
        advice: [{ text: 'Look at plan.ts:88.' }],
      }),
    ];
    expect(failure(() => assert(data).p99('resize').below(1)).message).toContain(
      'resize spends 61 % in parse. Look at plan.ts:88. [R11]',
    );
  });

  it.each(['below', 'above', 'atMost', 'atLeast'] as const)('holds the limit of %s', (relation) => {
    const data = report();
    const pool = data.pools[0];
    if (pool === undefined) throw new Error('no pool');
    pool.utilization = 0.5;
    const good = { below: [0.51], above: [0.49], atMost: [0.5, 0.6], atLeast: [0.5, 0.4] }[relation];
    const bad = { below: [0.5, 0.4], above: [0.5, 0.6], atMost: [0.49], atLeast: [0.51] }[relation];
    for (const limit of good) assert(data).utilization()[relation](limit);
    for (const limit of bad) expect(failure(() => assert(data).utilization()[relation](limit)).limit).toBe(limit);
    const limited = assert(data).utilization();
    for (const limit of [NaN, -1, Infinity, '1', undefined])
      expect(() => limited[relation](limit as never)).toThrow(
        'Option "limit" must be a finite number of at least 0; received ',
      );
  });

  it('finds findings, of the chosen pool only', () => {
    const data = report();
    data.findings = [finding()];
    expect(failure(() => assert(data).finding('R05').absent()).message).toBe(
      'Finding R05 is there: DISPATCHER-BOUND. Workers were free while tasks waited. Set prefetch: 2.',
    );
    assert(data).finding('R05').present().finding('R06').absent();
    expect(failure(() => assert(data).finding('R06').present()).message).toContain(
      'R06 is not there. The report says: ',
    );
    for (const id of ['5', 'R99', 'R00', 'R38', 'R5', undefined])
      expect(() => assert(data).finding(id as never)).toThrow(
        'Option "id" must be an id from "R01" to "R37"; received ',
      );
    data.findings = [finding({ scope: { pool: 'other' } })];
    assert(data).finding('R05').absent();
  });

  it('names the nearest task, segment or pool for one that is not there', () => {
    expect(() => assert(report()).p99('resise')).toThrow(/"resise" is not in this report\. Did you mean "resize"\?/);
    expect(() => assert(report()).share('resize', 'exec' as never)).toThrow('Did you mean "execution"?');
    expect(() => assert(report()).pool('resiz')).toThrow('Did you mean "resize"?');
    expect(() => assert(sampleReport({ tasks: 0 })).p50('a')).toThrow('"a" is not in this report.');
    expect(() => assert(sampleReport({ tasks: 0 })).wall()).toThrow('the report has no pool');
    for (const none of [{}, undefined, 5, { toJSON: 5 }, { toJSON: () => null }, { version: 2, pools: [] }])
      expect(() => assert(none as never)).toThrow('Option "report" must be a report of version 2; received ');
  });

  it('asks for a pool where several have it', () => {
    const data = report();
    const [pool] = data.pools;
    if (pool === undefined) throw new Error('no pool');
    data.pools.push({ ...pool, name: 'second', utilization: 0.2 });
    expect(() => assert(data).p99('resize')).toThrow('is in several pools: "resize". Choose one with pool(name)');
    expect(() => assert(data).utilization()).toThrow('of "resize", "second"');
    assert(data).pool('second').utilization().below(0.3).p99('resize').above(0).finding('R01').absent();
    assert({ toJSON: () => data })
      .pool('resize')
      .utilization()
      .above(0.3);
  });
});
