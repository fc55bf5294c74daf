import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idleKinds, lifeOf, pressureOf } from '../../src/html/shared/idle-kinds.js';
import { binRow, buildLanes, spanAt, workersByPlace } from '../../src/html/shared/lanes.js';
import { packSpans, type SpanTable, unpackSpans } from '../../src/html/shared/span-table.js';
import type { SpanColumns } from '../../src/model/spans.js';
import { sampleReport } from '../support/sample-report.js';

const all = () => true;

function tableOf(spans: SpanColumns): SpanTable {
  const { header, bytes } = packSpans(spans, [...spans.taskId.keys()], () => 1, 1);
  return unpackSpans(header, bytes);
}

/** Executions on one worker, with no other stamps than those of the handler. */
function executions(list: readonly (readonly [from: number, to: number])[], outcome: 'ok' | 'error' = 'ok'): SpanTable {
  const column = <T>(value: T) => list.map(() => value);
  return tableOf({
    ...{ kept: list.length, of: list.length, tasks: ['a', 'b'], taskId: column(1), task: list.map((_, i) => i % 2) },
    ...{ attempt: column(1), workerId: column(1), outcome: column(outcome), weight: column(1) },
    stamps: list.map(([from, to]) => [0, null, null, null, null, from, to, null, null, null]),
    ...{ limitWaitMs: column(0), batchWaitMs: column(0), encodeMs: column(0), backoffMs: column(0) },
    ...{ inputBytes: column(0), outputBytes: column(0) },
  });
}

const anyExecutions = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1000, noNaN: true }), fc.double({ min: 0, max: 30, noNaN: true })),
  { maxLength: 300 },
);

describe('lanes', () => {
  it('have at most one rectangle a pixel, in order, within the picture', () => {
    fc.assert(
      fc.property(
        anyExecutions,
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 900, noNaN: true }),
        (list, width, from) => {
          const table = executions(list.map(([at, length]) => [at, at + length]));
          for (const row of buildLanes(table, [[1]], all)[0]?.rows ?? []) {
            const bins = binRow(row, table, from, from + 100, width);
            expect(bins.n).toBeLessThanOrEqual(width);
            let end = 0;
            for (let i = 0; i < bins.n; i++) {
              expect(bins.x[i]).toBeGreaterThanOrEqual(end);
              expect(bins.width[i]).toBeGreaterThan(0);
              end = (bins.x[i] ?? 0) + (bins.width[i] ?? 0);
            }
            expect(end).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });

  it('show each span of a pixel or more where it is', () => {
    const table = executions([
      [10, 20],
      [40, 70],
    ]);
    const [row] = buildLanes(table, [[1]], all)[0]?.rows ?? [];
    const bins = binRow(row as NonNullable<typeof row>, table, 0, 100, 100);
    expect([bins.n, bins.x[0], bins.width[0], bins.x[1], bins.width[1]]).toEqual([2, 10, 10, 40, 30]);
    expect([bins.span[0], bins.task[1]]).toEqual([0, 1]);
  });

  it('join shorter ones: the pixel has the name of the longest, and is covered as far as they cover it', () => {
    const table = executions([
      [5, 5.1],
      [5.2, 5.7],
      [5.8, 5.9],
    ]);
    const [row] = buildLanes(table, [[1]], all)[0]?.rows ?? [];
    const bins = binRow(row as NonNullable<typeof row>, table, 0, 100, 100);
    expect([bins.n, bins.x[0], bins.span[0], bins.task[0]]).toEqual([1, 5, -1, 1]);
    expect(bins.cover[0]).toBeCloseTo(0.7, 2);
  });

  it('say that a pixel has a failure, however short it is', () => {
    const table = executions([[5, 5.001]], 'error');
    const [row] = buildLanes(table, [[1]], all)[0]?.rows ?? [];
    expect(binRow(row as NonNullable<typeof row>, table, 0, 1000, 10).bad[0]).toBe(1);
  });

  it('put overlapping spans into rows of their own, at most four', () => {
    const lanes = buildLanes(executions(Array.from({ length: 9 }, (_, i) => [i, i + 50] as const)), [[1]], all);
    expect(lanes[0]?.rows).toHaveLength(4);
    expect(lanes[0]?.rows.reduce((sum, { spans }) => sum + spans.length, 0)).toBe(9);
  });

  it('show a long span of a crowded row beside shorter ones that began later', () => {
    const table = executions([...Array.from({ length: 4 }, (_, i) => [i, 90] as const), [10, 20], [12, 14]]);
    const row = buildLanes(table, [[1]], all)[0]?.rows[3];
    expect(binRow(row as NonNullable<typeof row>, table, 50, 60, 10).n).toBe(1);
  });

  it('find the span below a pointer', () => {
    const table = executions([
      [10, 20],
      [40, 70],
    ]);
    const row = buildLanes(table, [[1]], all)[0]?.rows[0];
    const at = (ms: number) => spanAt(row as NonNullable<typeof row>, ms, 1);
    expect([at(15), at(20.5), at(30), at(55)]).toEqual([0, 0, undefined, 1]);
  });

  it('have only spans that came to a worker of theirs, and pass the filter', () => {
    const spans = sampleReport({ tasks: 50, workers: 2 }).pools[0]?.spans as SpanColumns;
    const table = tableOf(spans);
    const lanes = buildLanes(table, [[1], [2], [9]], (span) => table.task[span] === 0);
    const shown = lanes.flatMap(({ rows }) => rows).reduce((sum, each) => sum + each.spans.length, 0);
    expect(shown).toBe(spans.task.filter((task) => task === 0).length);
    expect(lanes[2]?.rows).toEqual([]);
  });
});

describe('places of a pool', () => {
  it('take workers one after another, so that renewed workers need no lanes of their own', () => {
    const spans = sampleReport({ tasks: 300, workers: 3 }).pools[0]?.spans as SpanColumns;
    // Each task has a worker of its own.
    const table = tableOf({ ...spans, workerId: spans.taskId.map((id) => id + 100) });
    const places = workersByPlace(table, []);
    expect(places).toHaveLength(3);
    expect(places.flat()).toHaveLength(300);
    expect(buildLanes(table, places, all).every(({ rows }) => rows.length === 1)).toBe(true);
  });

  it('are those of the report where it knows them', () => {
    const table = executions([[0, 10]]);
    const known = [
      { workerId: 1, slot: 1 },
      { workerId: 2, slot: 0 },
      { workerId: 5, slot: 1 },
    ];
    expect(workersByPlace(table, known)).toEqual([[2], [1, 5]]);
    expect(workersByPlace(null, [])).toEqual([]);
  });
});

describe('idle time', () => {
  it('is starved while a task waits, not parallel while others run, and without work else', () => {
    const spans = sampleReport({ tasks: 2, workers: 2 }).pools[0];
    const table = tableOf({
      ...(spans?.spans as SpanColumns),
      stamps: [
        [10, 20, 21, 22, 23, 24, 40, 41, 42, 43],
        [12, 13, 14, 15, 16, 17, 18, 19, 20, 60],
      ],
    });
    const pressure = pressureOf(table, spans?.curves as NonNullable<typeof spans>['curves']);
    expect([...idleKinds(pressure, 0, 80, 8)]).toEqual([0, 2, 1, 1, 1, 1, 0, 0]);
  });

  it('follows from the curves if tries were left out', () => {
    const pool = sampleReport({ tasks: 100, workers: 2, keep: 10 }).pools[0] as NonNullable<
      ReturnType<typeof sampleReport>['pools'][0]
    >;
    const pressure = pressureOf(tableOf(pool.spans as SpanColumns), {
      ...pool.curves,
      ...{ windowMs: 100, queued: [0, 3, 0.1], workersBusy: [0, 2, 1] },
    });
    expect([...idleKinds(pressure, 0, 300, 3)]).toEqual([0, 2, 1]);
  });

  it('begins with a boot, and ends with the worker', () => {
    const marks = [
      { atMs: 300, what: 'ready', workerId: 3 },
      { atMs: 900, what: 'crashed', workerId: 3 },
      { atMs: 500, what: 'exited', workerId: 4 },
    ];
    const worker = { workerId: 3, bootMs: 120, exited: true, tasks: 9, capacity: { boot: 120 } };
    expect(lifeOf(worker, marks, 1000)).toEqual({ startMs: 180, readyMs: 300, endMs: 900 });
    const wasReady = { workerId: 5, bootMs: null, exited: false, tasks: 4, capacity: { boot: 0 } };
    expect(lifeOf(wasReady, marks, 1000)).toEqual({ startMs: 0, readyMs: 0, endMs: 1000 });
    const neverReady = { workerId: 4, bootMs: null, exited: true, tasks: 0, capacity: { boot: 200 } };
    expect(lifeOf(neverReady, marks, 1000)).toEqual({ startMs: 300, readyMs: 500, endMs: 500 });
  });
});
