import { describe, expect, it } from 'vitest';
import { CallLengths } from '../../src/child/call-lengths.js';
import { Claimer } from '../../src/child/claimer.js';
import type { WorkerBoard } from '../../src/wire/claim-board.js';
import { CLAIM_ALONE, type Frame, IDEMPOTENT, TASK_WORDS } from '../../src/wire/frame.js';

const HEAVY_BYTES = 1000;

interface Row {
  id: number;
  word?: number;
  inputBytes?: number;
}

/** A claimer for one handler or two, and what it does to the board. */
function open({ maxRun = 32, concurrency = 1, mostRows = [1, 1] } = {}) {
  const claims: number[][] = [];
  /** Rows whose revocations were read once more, by their ids. */
  const looks: number[][] = [];
  const withdrawn: number[][] = [];
  /** Claims of tasks that start together. */
  const together: number[][] = [];
  const revoked = new Set<number>();
  const idsOf = (ids: Uint32Array, at: number, stride: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => ids[at + index * stride] ?? 0);
  const bitsOf = (ids: readonly number[]): number =>
    ids.reduce((bits, id, index) => (revoked.has(id) ? bits | (1 << index) : bits), 0);
  const board: WorkerBoard = {
    maxRun,
    claim(id) {
      claims.push([id]);
      return !revoked.has(id);
    },
    claimRun(...table) {
      const [ids, at, stride, count] = table;
      const run = idsOf(ids, at, stride, count);
      claims.push(run);
      if (table[5]) together.push(run);
      return bitsOf(run);
    },
    revokedIn(...table) {
      const run = idsOf(...table);
      looks.push(run);
      return bitsOf(run);
    },
    unclaim(...table) {
      withdrawn.push(idsOf(...table));
    },
    noteDecoding: () => true,
    noteSection() {},
  };
  const lengths = [new CallLengths(), new CallLengths()];
  const claimer = new Claimer(board, lengths, concurrency, HEAVY_BYTES, mostRows);
  const note = (ms: number, isDone = true): void => lengths[0]?.note(ms, isDone);
  const becomeShort = (calls = 4096): void => {
    for (let call = 0; call < calls; call++) note(0.05);
  };
  const frameOf = (rows: readonly Row[]): Frame => {
    const meta = new Uint32Array(rows.length * TASK_WORDS);
    for (const [row, { id, word = 0, inputBytes = 0 }] of rows.entries()) {
      meta.set([id, word, 0, 0, inputBytes], row * TASK_WORDS);
    }
    return { meta } as Frame;
  };
  /** Claims every row of a frame with these ids. */
  const claimAll = (ids: readonly number[], rest: (row: number) => Partial<Row> = () => ({})): boolean[] => {
    const frame = frameOf(ids.map((id, row) => ({ id, ...rest(row) })));
    return ids.map((_, row) => claimer.claim(frame, row, 0));
  };
  return { claimer, note, claims, together, looks, withdrawn, revoked, becomeShort, frameOf, claimAll };
}

const range = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('tasks are claimed', () => {
  it('each by itself, until thousands of calls have been very short', () => {
    const { claims, becomeShort, claimAll } = open();
    becomeShort(4095);
    claimAll(range(8));
    expect(claims).toEqual(range(8).map((id) => [id]));
  });

  it('32 at a time once they are known to be very short', () => {
    const { claims, becomeShort, claimAll } = open();
    becomeShort();
    expect(claimAll(range(70))).toEqual(Array(70).fill(true));
    expect(claims.map((run) => run.length)).toEqual([32, 32, 6]);
    expect(claims.flat()).toEqual(range(70));
  });

  it('by themselves again after longer calls, one that was waited for, or one of a name not known', () => {
    const { note, claims, becomeShort, claimAll } = open();
    becomeShort();
    note(0.06);
    claimAll(range(3));
    becomeShort();
    note(0.001, false);
    claimAll(range(3));
    becomeShort();
    claimAll(range(3), () => ({ word: 1 }));
    expect(claims.map((run) => run.length)).toEqual(Array(9).fill(1));
  });

  it('apart where one asks for it, has a heavy input, or the slots are no neighbours', () => {
    const { claims, becomeShort, claimAll } = open();
    becomeShort();
    claimAll(range(6), (row) => (row === 3 ? { word: CLAIM_ALONE } : {}));
    claimAll(range(6, 10), (row) => ({ inputBytes: row === 2 ? HEAVY_BYTES : HEAVY_BYTES - 1 }));
    claimAll([30, 31, 40, 41]);
    expect(claims).toEqual([[1, 2, 3], [4], [5, 6], [10, 11], [12], [13, 14, 15], [30, 31], [40, 41]]);
  });

  it('with their like only: those that may run twice leave no result in the log, which tells what has begun', () => {
    const { claims, becomeShort, claimAll } = open();
    becomeShort();
    claimAll(range(6), (row) => ({ word: row === 2 || row === 3 ? IDEMPOTENT : 0 }));
    expect(claims).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it('one by one where tasks run side by side, or a claim costs next to nothing', () => {
    for (const options of [{ concurrency: 2 }, { maxRun: 1 }]) {
      const { claims, becomeShort, claimAll } = open(options);
      becomeShort();
      claimAll(range(5));
      expect(claims.map((run) => run.length)).toEqual(Array(5).fill(1));
    }
  });
});

describe('rows of one call', () => {
  it('are claimed with one write as tasks that start together, however short their handler is, 32 at most', () => {
    const { claimer, claims, together, revoked, becomeShort, frameOf } = open({ mostRows: [64, 1] });
    becomeShort();
    const frame = frameOf(range(40).map((id) => ({ id })));
    revoked.add(2).add(34);
    const free = range(40).map((id, row) => claimer.claim(frame, row, 0, 40 - row) === !revoked.has(id));
    expect(free).toEqual(Array(40).fill(true));
    expect(together).toEqual([range(32), range(8, 33)]);
    expect(claims).toEqual(together);
  });

  it('are claimed as far as their slots are neighbours', () => {
    const { claimer, claims, together, frameOf } = open({ mostRows: [64, 1] });
    const ids = [5, 6, 9, 20, 21, 22];
    const frame = frameOf(ids.map((id) => ({ id })));
    for (const row of ids.keys()) claimer.claim(frame, row, 0, ids.length - row);
    expect(claims).toEqual([[5, 6], [9], [20, 21, 22]]);
    expect(together).toEqual([
      [5, 6],
      [20, 21, 22],
    ]);
  });

  it('are no part of a run: of that the parent takes the first without a result for the one that has begun', () => {
    const { claims, becomeShort, claimAll } = open({ mostRows: [1, 8] });
    becomeShort();
    claimAll(range(5), (row) => ({ word: row === 2 ? 1 : 0 }));
    expect(claims).toEqual([[1, 2], [3], [4, 5]]);
  });

  it('are claimed anew when their claims were withdrawn, since a log was full', () => {
    const { claimer, claims, withdrawn, frameOf } = open({ mostRows: [8, 1] });
    const frame = frameOf(range(3).map((id) => ({ id })));
    claimer.claim(frame, 0, 0, 3);
    claimer.withdraw(frame, 1);
    expect(withdrawn).toEqual([[2, 3]]);
    expect([claimer.claim(frame, 1, 0, 2), claimer.claim(frame, 2, 0, 1)]).toEqual([true, true]);
    expect(claims).toEqual([range(3), [2, 3]]);
  });
});

describe('a task that was taken back', () => {
  it('is refused, alone or in a run, and its neighbours are not', () => {
    const { revoked, becomeShort, claimAll } = open();
    revoked.add(3).add(32);
    expect(claimAll([2, 3])).toEqual([true, false]);
    becomeShort();
    expect(claimAll(range(33))).toEqual(range(33).map((id) => id !== 3 && id !== 32));
  });

  it('out of a run that goes on as expected runs all the same, since the parent leaves it there', () => {
    const { claimer, looks, revoked, becomeShort, frameOf } = open();
    becomeShort();
    const frame = frameOf(range(4).map((id) => ({ id })));
    claimer.claim(frame, 0, 10);
    revoked.add(3);
    expect([1, 2, 3].map((row) => claimer.claim(frame, row, 11))).toEqual([true, true, true]);
    expect(looks).toEqual([]);
  });

  it('out of a run that was claimed more than 1 ms ago is refused, whichever of those behind it is', () => {
    const { claimer, claims, looks, revoked, becomeShort, frameOf } = open();
    becomeShort();
    const frame = frameOf(range(6).map((id) => ({ id })));
    revoked.add(2);
    expect([0, 1].map((row) => claimer.claim(frame, row, 10))).toEqual([true, false]);
    revoked.add(5);
    expect(claimer.claim(frame, 2, 11.1)).toBe(true);
    // However soon after the last look: the parent may think that the task in work began long before.
    revoked.add(4);
    expect([3, 4].map((row) => claimer.claim(frame, row, 11.1))).toEqual([false, false]);
    revoked.add(6);
    expect(claimer.claim(frame, 5, 11.2)).toBe(false);
    expect(looks).toEqual([[3, 4, 5, 6], [4, 5, 6], [5, 6], [6]]);
    expect(claims).toEqual([range(6)]);
  });
});

describe('a worker that begins to run tasks side by side', () => {
  it('withdraws what is left of its run, and claims it one by one', () => {
    const { claimer, claims, withdrawn, becomeShort, frameOf } = open();
    becomeShort();
    const frame = frameOf(range(5).map((id) => ({ id })));
    claimer.claim(frame, 0, 0);
    claimer.claim(frame, 1, 0);
    claimer.tune(2);
    claimer.withdraw(frame, 2);
    expect(withdrawn).toEqual([[3, 4, 5]]);
    for (const row of [2, 3, 4]) claimer.claim(frame, row, 0);
    expect(claims).toEqual([range(5), [3], [4], [5]]);
  });

  it('withdraws nothing where no run is open, and makes runs again once they run one by one', () => {
    const { claimer, claims, withdrawn, becomeShort, claimAll, frameOf } = open();
    becomeShort();
    const frame = frameOf(range(3).map((id) => ({ id })));
    for (const row of [0, 1, 2]) claimer.claim(frame, row, 0);
    claimer.tune(2);
    claimer.withdraw(frame, 3);
    claimer.withdraw(frameOf([{ id: 9 }]), 0);
    expect(withdrawn).toEqual([]);
    claimer.tune(1);
    claimAll(range(2, 20));
    expect(claims).toEqual([range(3), [20, 21]]);
  });
});
