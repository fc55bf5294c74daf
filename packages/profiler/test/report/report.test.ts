import { describe, expect, it } from 'vitest';
import { formatMs, formatShare } from '../../src/format/units.js';
import type { PoolRecorder } from '../../src/record/pool-recorder.js';
import { SectionLedger } from '../../src/record/section-ledger.js';
import { Report } from '../../src/report/report.js';
import { buildReport } from '../../src/snapshot/build.js';
import { poolReport } from '../../src/snapshot/pool-report.js';
import { deltaOf, ran, recorderOf, timed, traceOf } from '../fakes.js';

function reportOf(recorders: readonly PoolRecorder[], parent = new SectionLedger(), open: string[][] = []): Report {
  return new Report(
    buildReport({
      level: 'stats',
      startedAt: '2020-01-01T00:00:00.000Z',
      wallMs: 1000,
      parentBusyShare: 0.2,
      pools: recorders.map((recorder) => poolReport(recorder, 2000, { queued: 0, dispatched: 0 })),
      parentSections: parent,
      openPaths: open,
    }),
  );
}

function busyPool(): PoolRecorder {
  const recorder = recorderOf({ readyWorkers: [1, 2] });
  for (let i = 0; i < 40; i++) {
    recorder.task(traceOf([5, 0.02, 0.3, 0.01, 1, 40, 0.1, 0.2, 0.03], { t0: 1000 + i * 20, workerId: 1 + (i % 2) }));
  }
  recorder.task(traceOf([3, 0.1], { outcome: 'crash' }));
  recorder.addSections([deltaOf(['load'], 'resize', Array<number>(40).fill(30), 400), deltaOf(['load', 'decode'], 'resize', Array<number>(40).fill(20))]); // prettier-ignore
  return recorder;
}

describe('the text of a report', () => {
  it('begins with the pool, then the main bottleneck in one sentence', () => {
    const [first, second] = reportOf([busyPool()]).toText().split('\n');
    expect(first).toBe(
      `pool "resize" · process × 2 · 1.00 s · 41 tasks · 41.0/s · utilization 80 % · node ${process.versions.node} · level stats`,
    );
    expect(second).toMatch(/^Main bottleneck: Execution holds the most time in pool "resize": 86 % of the latency/);
  });

  it('shows the numbers of the data, and no others', () => {
    const report = reportOf([busyPool()]);
    const text = report.toText();
    const [task] = report.data.pools[0]!.byTask;
    const { segments, wayIn, wayOut } = task!;
    const rows = [
      ['queue wait', segments.queueWait],
      ['way in', wayIn],
      ['  encode', segments.encode],
      ['  transport', segments.transportIn],
      ['  decode', segments.decode],
      ['  wait in worker', segments.workerWait],
      ['execution', segments.execution],
      ['way out', wayOut],
      ['  wait, encode', segments.reply],
      ['  transport', segments.transportOut],
      ['  decode, settle', segments.settle],
    ] as const;
    const lines = text.split('\n');
    const first = lines.findIndex((line) => line.startsWith('    queue wait'));
    rows.forEach(([label, stats], i) => {
      const line = lines[first + i] ?? '';
      expect(line.startsWith(`    ${label} `), line).toBe(true);
      const times = [stats.meanMs, stats.p50Ms, stats.p90Ms, stats.p99Ms, stats.maxMs].map(formatMs);
      expect(
        line
          .slice(4 + label.length)
          .trim()
          .split(/ {2,}/),
      ).toEqual([...times, formatShare(stats.share)]);
    });
  });

  it('has a row for limits only where they held tasks back', () => {
    expect(reportOf([busyPool()]).toText()).not.toMatch('for limits');
    const limited = recorderOf({ readyWorkers: [1] });
    limited.task(traceOf([50, 0, 0, 0, 0, 1, 0, 0, 0], { limitWaitMs: 40 }));
    expect(reportOf([limited]).toText()).toMatch(/\n {4}queue wait +50\.0 ms .*\n {6}for limits +40\.0 ms /);
  });

  it('shows workers, and sections by self time', () => {
    const text = reportOf([busyPool()]).toText();
    expect(text).toMatch(/\n {2}worker 1 +20 +0 +1\.00 s +800 ms +80 % +before\n/);
    expect(text).toMatch(/\n {2}load › decode +resize +40 +800 ms +800 ms +50 %/);
    expect(text).toMatch(/\n {2}load +resize +40 +1\.20 s +400 ms +25 %/);
    expect(text).toMatch(
      'apart: 1 that did not come back (0 ok, 1 crashed); known of them: 3.00 ms in the queue, 100 µs on the way',
    );
  });

  it('is short when there is nothing to say', () => {
    expect(reportOf([]).toText().split('\n')).toEqual([
      `no pool attached · 1.00 s · node ${process.versions.node} · level stats`,
      'Main bottleneck: Nothing was measured: no task came back and no section was timed.',
      '',
    ]);
  });

  it('shows sections of the parent without any pool, and those still open', () => {
    const ledger = new SectionLedger();
    timed(ledger.child(undefined, 'parse'), 600, 600);
    const text = reportOf([], ledger, [['serve', 'wait']]).toText();
    expect(text).toMatch('Section "parse" of the parent holds the most: 600 ms, 60 % of the wall time.');
    expect(text).toMatch(/Sections in the parent.*\n.*\n {2}parse +1 +600 ms +600 ms +100 %/);
    expect(text).toMatch('section "serve › wait" of the parent was still open');
  });

  it('says which pool is meant when there are two', () => {
    const other = recorderOf({ name: 'other' });
    other.task(ran(1000, 1100));
    const text = reportOf([busyPool(), other]).toText();
    expect(text).toMatch('\npool "other": Workers\n');
    expect(text).toMatch('\npool "resize": Where the time of a task went\n');
  });

  it('shows at most 20 rows of a table and says how many more there are', () => {
    const recorder = recorderOf();
    for (let id = 1; id <= 50; id++) recorder.task(ran(1000, 1100, { workerId: id, task: `task ${id}` }));
    for (let i = 0; i < 50; i++) recorder.addSections([deltaOf([`section ${i}`], 'resize', [1])]);
    const text = reportOf([recorder]).toText();
    expect(text.match(/\n {2}worker /g)).toHaveLength(20);
    expect(text.match(/… and 30 more, in the JSON report/g)).toHaveLength(2);
    expect(text).toMatch('… and 30 more task names, in the JSON report');
    const barely = recorderOf();
    for (let id = 1; id <= 21; id++) barely.task(ran(1000, 1100, { workerId: 1, task: `task ${id}` }));
    expect(reportOf([barely]).toText()).toMatch('… and 1 more task name, in the JSON report');
  });

  it('lets no name steer the terminal', () => {
    const recorder = recorderOf({ name: 'a\u001b[2Jb' });
    recorder.task(ran(1000, 1900, { task: 'c\nd' }));
    recorder.addSections([deltaOf(['e\u001b]0;x\u0007'], 'c\nd', [900])]);
    expect(reportOf([recorder]).toText()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('the JSON of a report', () => {
  it('is plain, versioned data that survives a round trip', () => {
    const report = reportOf([busyPool()]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report.toJSON());
    expect(report.toJSON()).toMatchObject({ version: 1, level: 'stats', node: process.versions.node });
    expect(report.firstBottleneck).toBe(report.data.firstBottleneck);
  });
});
