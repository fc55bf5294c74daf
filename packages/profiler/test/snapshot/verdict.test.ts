import { describe, expect, it } from 'vitest';
import type { PoolRecorder } from '../../src/record/pool-recorder.js';
import { SectionLedger } from '../../src/record/section-ledger.js';
import { buildReport } from '../../src/snapshot/build.js';
import { poolReport } from '../../src/snapshot/pool-report.js';
import type { FirstBottleneck } from '../../src/snapshot/report-data.js';
import { deltaOf, recorderOf, traceOf } from '../fakes.js';

// Windows begin at 1000 and last 1000 ms.
function firstOf(
  recorders: readonly PoolRecorder[],
  parent = new SectionLedger(),
  parentBusyShare = 0.2,
): FirstBottleneck {
  return buildReport({
    level: 'stats',
    startedAt: '2020-01-01T00:00:00.000Z',
    wallMs: 1000,
    parentBusyShare,
    pools: recorders.map((recorder) => poolReport(recorder, 2000, { queued: 0, dispatched: 0 })),
    parentSections: parent,
    openPaths: [],
  }).firstBottleneck;
}

/** One worker, ten tasks of these segments one after the other within the window. */
function poolOf(segments: readonly number[], executionMs = segments[5] ?? 0): PoolRecorder {
  const recorder = recorderOf({ readyWorkers: [1] });
  const beforeMs = segments.slice(0, 5).reduce((sum, ms) => sum + ms, 0);
  for (let i = 0; i < 10; i++) recorder.task(traceOf(segments, { t0: 1000 + i * executionMs - beforeMs }));
  return recorder;
}

function parentOf(sections: readonly [name: string, ms: number][]): SectionLedger {
  const ledger = new SectionLedger();
  for (const [name, ms] of sections) ledger.child(undefined, name).record(ms, ms);
  return ledger;
}

describe('the first bottleneck', () => {
  it('is the workers when they are busy and tasks mostly wait for them', () => {
    const pool = poolOf([500, 1, 1, 1, 1, 95, 1, 1, 1]);
    pool.addSections([deltaOf(['decode'], 'resize', Array<number>(10).fill(60))]);
    const first = firstOf([pool]);
    expect(first).toMatchObject({ kind: 'workers', pool: 'resize', task: 'resize', section: ['decode'] });
    expect(first.share).toBeCloseTo(507 / 602, 9);
    expect(first.sentence).toBe(
      'The workers of pool "resize" are 95 % busy, and tasks spend 84 % of their latency not running (83 % waiting for a ' +
        'worker, 1.0 % on the way). Task "resize" is all of the execution; its section "decode" is 63 % of that.',
    );
  });

  it('is the execution when the handlers hold most of the latency', () => {
    const first = firstOf([poolOf([1, 1, 1, 1, 1, 95, 1, 1, 1])]);
    expect(first).toMatchObject({ kind: 'execution', task: 'resize' });
    expect(first.section).toBeUndefined();
    expect(first.sentence).toMatch('Execution holds the most time in pool "resize": 92 % of the latency');
  });

  it('says so when there were fewer tasks than workers', () => {
    const pool = recorderOf({ readyWorkers: [1, 2, 3, 4] });
    for (let i = 0; i < 10; i++) pool.task(traceOf([0, 1, 1, 1, 1, 90, 1, 1, 1], { t0: 1000 + i * 97 }));
    expect(firstOf([pool]).sentence).toMatch('(workers 23 % busy: on average 1.0 tasks in flight for 4 workers)');
  });

  it('names no section that does not stand out', () => {
    const pool = poolOf([1, 1, 1, 1, 1, 95, 1, 1, 1]);
    pool.addSections([deltaOf(['small'], 'resize', Array<number>(10).fill(10))]);
    expect(firstOf([pool]).section).toBeUndefined();
  });

  it("is the parent's main thread when that is busy and the workers are not", () => {
    const first = firstOf([poolOf([400, 1, 1, 1, 100, 20, 1, 1, 1])], undefined, 0.97);
    expect(first).toMatchObject({ kind: 'dispatch', pool: 'resize' });
    expect(first.sentence).toBe(
      'The parent\'s main thread is 97 % busy, the workers of pool "resize" only 20 %: tasks spend 96 % of their latency ' +
        'not running (95 % waiting for a worker, 1.1 % on the way).',
    );
  });

  it('is the queue when tasks wait though neither workers nor the main thread are busy', () => {
    const first = firstOf([poolOf([400, 1, 1, 1, 100, 20, 1, 1, 1])], undefined, 0.4);
    expect(first).toMatchObject({ kind: 'queue', task: 'resize' });
    // run() encodes the input before the task waits: large inputs show here, too.
    expect(first.sentence).toMatch(
      'Waiting for a worker (encoding of inputs included) holds the most time in pool "resize"',
    );
    expect(first.sentence).toMatch("while workers are 20 % busy and the parent's main thread 40 %");
  });

  it('is the limits of tasks when those hold most of the queue back', () => {
    const recorder = recorderOf({ readyWorkers: [1] });
    for (let i = 0; i < 10; i++) {
      recorder.task(traceOf([400, 1, 1, 1, 1, 20, 1, 1, 1], { t0: 1000 + i * 20, limitWaitMs: 300 }));
    }
    const first = firstOf([recorder], undefined, 0.4);
    expect(first).toMatchObject({ kind: 'queue', task: 'resize' });
    expect(first.sentence).toMatch(
      'Waiting for limits of the tasks themselves (rateLimit, concurrency) holds the most time in pool "resize"',
    );
  });

  it('is the transport when encoding and the way hold the most', () => {
    const first = firstOf([poolOf([5, 100, 50, 100, 5, 20, 5, 100, 50])]);
    expect(first).toMatchObject({ kind: 'transport', task: 'resize' });
    expect(first.share).toBeCloseTo(405 / 435, 9);
  });

  it('is the parent when hardly a task is in flight, with the section that holds the most', () => {
    const first = firstOf([poolOf([1, 1, 1, 1, 1, 10, 1, 1, 1])], parentOf([['small', 100], ['parse', 700]])); // prettier-ignore
    expect(first).toMatchObject({ kind: 'parent', section: ['parse'], share: 0.7 });
    expect(first.sentence).toMatch('On average only 0.18 tasks were in flight');
    expect(first.sentence).toMatch('Section "parse" of the parent holds the most: 700 ms, 70 % of the wall time.');
  });

  it('is the parent without a name when no section of it stands out', () => {
    const first = firstOf([poolOf([1, 1, 1, 1, 1, 10, 1, 1, 1])], parentOf([['small', 100]]), 0.9);
    expect(first).toMatchObject({ kind: 'parent', share: 0.9 });
    expect(first.sentence).toMatch("The parent's main thread was busy 90 % of the time; no section of it stands out.");
  });

  it('looks at the pool whose tasks took the longest', () => {
    const light = recorderOf({ name: 'light', readyWorkers: [1] });
    light.task(traceOf([5, 100, 50, 100, 5, 20, 5, 100, 50]));
    expect(firstOf([light, poolOf([1, 1, 1, 1, 1, 95, 1, 1, 1])])).toMatchObject({ kind: 'execution', pool: 'resize' });
  });

  it('is the boot when most of the latency passed before a worker was ready', () => {
    const pool = recorderOf();
    pool.worker({ pool, kind: 'process', workerId: 1, what: 'ready', atMs: 1600, bootMs: 600 });
    for (let i = 0; i < 10; i++) pool.task(traceOf([600 + i * 20, 1, 1, 1, 1, 20, 1, 1, 1]));
    const first = firstOf([pool]);
    expect(first).toMatchObject({ kind: 'boot', pool: 'resize' });
    expect(first.sentence).toMatch('Starting workers holds the most time in pool "resize": 84 % of the latency');
  });

  it('does not blame the program for the time in which workers boot before the first task', () => {
    const pool = recorderOf();
    pool.worker({ pool, kind: 'process', workerId: 1, what: 'ready', atMs: 1800, bootMs: 800 });
    for (let i = 0; i < 10; i++) pool.task(traceOf([0, 0, 0, 0, 0, 18, 0, 0, 0], { t0: 1800 + i * 20 }));
    expect(firstOf([pool]).kind).toBe('execution');
  });

  it('is none when nothing was measured, and says so when nothing came back', () => {
    expect(firstOf([]).kind).toBe('none');
    expect(firstOf([recorderOf()]).sentence).toMatch('Nothing was measured');
    const crashing = recorderOf();
    crashing.task(traceOf([1, 1], { outcome: 'crash' }));
    expect(firstOf([crashing])).toMatchObject({
      kind: 'none',
      sentence: expect.stringMatching('No task came back: 0 ok, 1 crashed.') as string,
    });
  });
});
