import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/compare.js';
import type { ComparedMetric } from '../../src/compare/comparison.js';
import type { ReportData } from '../../src/model/report-data.js';
import { type SampleOptions, sampleReport } from '../support/sample-report.js';

const run = (seed: number, options: SampleOptions = {}) =>
  sampleReport({ tasks: 1_000, seed: seed * 7919, ...options });

/** The same run without single tries, as level 'stats' has it. */
function withoutSpans(report: ReportData): ReportData {
  return { ...report, pools: report.pools.map(({ spans: _spans, ...pool }) => pool) };
}

function find(metrics: readonly ComparedMetric[], name: string, task = ''): ComparedMetric {
  const found = metrics.find((metric) => metric.name === name && metric.task === task);
  if (found === undefined) throw new Error(`no metric ${name}`);
  return found;
}

/** Share of the pairs whose interval has 1 in it, by metric; and the share of pairs with exit code 1. */
function sameRuns(pairs: number, make: (pair: number) => [ReportData | ReportData[], ReportData | ReportData[]]) {
  const covered = new Map<string, { inside: number; all: number }>();
  let alarms = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const [a, b] = make(pair);
    const { metrics, exitCode } = compare(a, b);
    alarms += exitCode;
    for (const { name, task, low, high } of metrics) {
      if (low === null || high === null) continue;
      const entry = covered.get(`${task} ${name}`) ?? { inside: 0, all: 0 };
      entry.all++;
      if (low <= 1 && high >= 1) entry.inside++;
      covered.set(`${task} ${name}`, entry);
    }
  }
  const all = [...covered.values()];
  const sum = (key: 'inside' | 'all') => all.reduce((total, entry) => total + entry[key], 0);
  return { covered, share: sum('inside') / sum('all'), alarms: alarms / pairs };
}

describe('the comparison of two equal versions', () => {
  it('has 1 in the interval in 95 % of pairs of single runs, and raises no alarm', () => {
    const { share, alarms, covered } = sameRuns(30, (pair) => [
      run(2 * pair + 1, { tasks: 4_000 }),
      run(2 * pair + 2, { tasks: 4_000 }),
    ]);
    expect(covered.size).toBeGreaterThanOrEqual(6);
    expect(share).toBeGreaterThanOrEqual(0.95);
    expect(alarms).toBeLessThanOrEqual(0.05);
  });

  it('has 1 in the interval in 95 % of pairs without single tries', () => {
    const make = (seed: number) => withoutSpans(run(seed, { tasks: 8_000 }));
    const { share, alarms, covered } = sameRuns(30, (pair) => [make(2 * pair + 1), make(2 * pair + 2)]);
    expect(covered.size).toBeGreaterThanOrEqual(6);
    expect(share).toBeGreaterThanOrEqual(0.95);
    expect(alarms).toBeLessThanOrEqual(0.05);
  });

  it('has 1 in the interval in about 95 % of pairs of five runs each', () => {
    const make = (seed: number) => Array.from({ length: 5 }, (_, i) => withoutSpans(run(seed * 5 + i, { tasks: 200 })));
    const { share, alarms } = sameRuns(60, (pair) => [make(2 * pair + 1), make(2 * pair + 2)]);
    // The interval is exact here: the share of a sample is 95 % give or take.
    expect(share).toBeGreaterThanOrEqual(0.94);
    expect(alarms).toBeLessThanOrEqual(0.05);
  });

  it('says that nothing has changed for the very same report', () => {
    const report = run(1);
    const { verdict, exitCode, metrics } = compare(report, report);
    expect([verdict, exitCode]).toEqual(['no change', 0]);
    expect(metrics.filter(({ verdict }) => verdict !== 'no change')).toEqual([]);
  });
});

describe('the comparison of different versions', () => {
  it('finds what is slower with several runs of each, and exits with 1', () => {
    const runs = (workers: number, first: number) =>
      Array.from({ length: 6 }, (_, i) => withoutSpans(run(first + i, { tasks: 600, workers })));
    const { verdict, exitCode, metrics } = compare(runs(4, 1), runs(3, 50));
    expect([verdict, exitCode]).toEqual(['slower', 1]);
    const p50 = find(metrics, 'latency p50', 'resize');
    expect(p50.verdict).toBe('slower');
    expect(p50.low).toBeGreaterThan(1);
    expect(p50.ratio).toBeGreaterThan(p50.low ?? 0);
    expect(find(metrics, 'throughput').verdict).toBe('slower');
    expect(find(metrics, 'bytes in', 'resize').verdict).toBe('no change');
    // A fourth worker collects garbage, too.
    const back = compare(runs(3, 50), runs(4, 1), { ignore: ['gc'] });
    expect([back.verdict, back.exitCode]).toEqual(['faster', 0]);
  });

  it('finds it in single runs with their tries', () => {
    const { metrics, exitCode } = compare(run(1, { tasks: 3_000 }), run(2, { tasks: 3_000, workers: 3 }));
    expect(find(metrics, 'wall').verdict).toBe('slower');
    expect(exitCode).toBe(1);
  });

  it('cannot tell what one value a run says, and says how to learn more', () => {
    const [a, b] = [run(1), run(2)];
    const pool = b.pools[0];
    if (pool !== undefined) pool.asked.memory.peakBytes = 900e6;
    const { metrics, remarks } = compare(a, b);
    expect(find(metrics, 'memory')).toMatchObject({
      ratio: 1.5,
      low: null,
      verdict: 'cannot tell',
      how: 'one value a run: repeat the run for a spread',
    });
    expect(remarks[0]).toContain('Five runs of each say more.');
  });

  it('does not call a certain difference a change if it is small', () => {
    const runs = (bytes: number) =>
      [1, 2, 3].map((seed) => {
        const report = withoutSpans(run(seed, { tasks: 100 }));
        for (const task of report.pools[0]?.byTask ?? []) task.bytesIn.mean = bytes;
        return report;
      });
    expect(find(compare(runs(1_000), runs(1_010)).metrics, 'bytes in', 'resize').verdict).toBe('no change');
    expect(find(compare(runs(1_000), runs(1_100)).metrics, 'bytes in', 'resize').verdict).toBe('slower');
    expect(find(compare(runs(1_000), runs(1_010), { leastChange: 0.005 }).metrics, 'bytes in', 'resize').verdict).toBe(
      'slower',
    );
  });

  it('names what only one side has, and what differs in the surroundings', () => {
    const [a, b] = [run(1), run(1)];
    const pool = b.pools[0];
    if (pool?.byTask[1] !== undefined) pool.byTask[1].task = 'new <name>';
    b.run.node = '24.0.0';
    const { unmatched, remarks, toText } = compare(a, b);
    expect(unmatched).toEqual([
      { side: 'a', pool: 'resize', task: 'thumb nail <b>' },
      { side: 'b', pool: 'resize', task: 'new <name>' },
    ]);
    expect(remarks.join()).toContain('The runs differ in Node: 20.20.2 and 24.0.0.');
    expect(toText()).toContain('only in b: resize › new <name>');
  });

  it('keeps two pools of one name apart, and takes reports of no task', () => {
    const twice = (seed: number) => {
      const report = run(seed, { tasks: 100 });
      return { ...report, pools: [...report.pools, ...run(seed + 9, { tasks: 50 }).pools] };
    };
    expect(new Set(compare(twice(1), twice(2)).metrics.map(({ pool }) => pool))).toEqual(
      new Set(['resize', 'resize (2)']),
    );
    const nothing = compare(sampleReport({ tasks: 0 }), sampleReport({ tasks: 0 }));
    expect(nothing).toMatchObject({ verdict: 'cannot tell', exitCode: 0, metrics: [] });
    expect(nothing.toText()).toContain('There is nothing to compare.');
  });

  it('is data as JSON, and takes what has a report', () => {
    const report = run(3, { tasks: 100 });
    const comparison = compare({ toJSON: () => report }, [report, report]);
    const { toText: _text, toJSON: _json, ...data } = comparison;
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(JSON.parse(JSON.stringify(data)));
    expect(data).toMatchObject({ version: 1, runs: { a: 1, b: 2 } });
  });

  it('refuses what is no report', () => {
    expect(() => compare([], run(1))).toThrow('must be a report, or a list of at least one');
    expect(() => compare(run(1), { version: 1 } as never)).toThrow('must be a report of version 2');
    expect(() => compare(run(1), null as never)).toThrow('must be a report of version 2');
  });

  it.each([
    [{ leastChange: 3 }, '"leastChange" must be a number from 0 to 1; received 3 (number).'],
    [{ leastChange: '0.1' }, '"leastChange" must be a number from 0 to 1; received \'0.1\' (string).'],
    [{ leastChnge: 1 }, '"leastChnge" is unknown. Did you mean "leastChange"?'],
    [{ ignore: 'gc' }, '"ignore" must be a list of names of figures; received \'gc\' (string).'],
    [{ ignore: ['gcc'] }, '"ignore" has \'gcc\' (string), which is no figure. Did you mean "gc"?'],
    [{ ignore: [5] }, '"ignore" has 5 (number), which is no figure. Known here: wall, throughput'],
    [5, '"options" must be an object; received 5 (number).'],
  ])('refuses wrong options: %j', (options, message) => {
    expect(() => compare(run(1), run(1), options as never)).toThrow(message);
  });

  it('ignores any figure that a comparison has', () => {
    const names = new Set(compare(run(1), run(2)).metrics.map(({ name }) => name));
    expect(names.size).toBeGreaterThan(10);
    expect(compare(run(1), run(2), { ignore: [...names] }).metrics).toEqual([]);
  });
});
