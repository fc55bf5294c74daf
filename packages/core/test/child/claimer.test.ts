import { describe, expect, it } from 'vitest';
import { CallLengths } from '../../src/child/call-lengths.js';
import { Claimer } from '../../src/child/claimer.js';
import type { WorkerBoard } from '../../src/wire/claim-board.js';
import { CLAIM_ALONE, TASK_WORDS, type Frame } from '../../src/wire/frame.js';

/** A claimer for one handler or two, and the sizes of its claims. */
function open({ maxRun = 32, concurrency = 1 } = {}) {
  const claims: number[][] = [];
  const takenBack = new Set<number>();
  const board: WorkerBoard = {
    maxRun,
    claim(id) {
      claims.push([id]);
      return !takenBack.has(id);
    },
    claimRun(ids, at, stride, count) {
      const run = Array.from({ length: count }, (_, index) => ids[at + index * stride] ?? 0);
      claims.push(run);
      return run.reduce((bits, id, index) => (takenBack.has(id) ? bits | (1 << index) : bits), 0);
    },
    noteSection() {},
  };
  const lengths = [new CallLengths(), new CallLengths()];
  const claimer = new Claimer(board, lengths, concurrency);
  const note = (ms: number, isDone = true): void => lengths[0]?.note(ms, isDone);
  const becomeShort = (ms = 0.001, calls = 4096): void => {
    for (let call = 0; call < calls; call++) note(ms);
  };
  /** Claims every row of a frame with these ids. */
  const claimAll = (ids: readonly number[], words: (row: number) => number = () => 0): boolean[] => {
    const meta = new Uint32Array(ids.length * TASK_WORDS);
    ids.forEach((id, row) => meta.set([id, words(row)], row * TASK_WORDS));
    const frame = { meta } as Frame;
    return ids.map((_, row) => claimer.claim(frame, row, 0));
  };
  return { note, claims, takenBack, becomeShort, claimAll };
}

const range = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('tasks are claimed', () => {
  it('each by itself, until thousands of calls have been very short', () => {
    const { claims, becomeShort, claimAll } = open();
    becomeShort(0.001, 4095);
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
    claimAll(range(3), () => 1);
    expect(claims.map((run) => run.length)).toEqual(Array(9).fill(1));
  });

  it('together only as far as they are expected to take 0.1 ms', () => {
    const { claims, becomeShort, claimAll } = open();
    becomeShort(0.024);
    claimAll(range(10));
    expect(claims.map((run) => run.length)).toEqual([4, 4, 2]);
  });

  it('apart where one has a time limit, or the slots are no neighbours', () => {
    const { claims, becomeShort, claimAll } = open();
    becomeShort();
    claimAll(range(6), (row) => (row === 3 ? CLAIM_ALONE : 0));
    claimAll([10, 11, 20, 21]);
    expect(claims).toEqual([[1, 2, 3], [4], [5, 6], [10, 11], [20, 21]]);
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

describe('a task that was taken back', () => {
  it('is refused, alone or in a run, and its neighbours are not', () => {
    const { takenBack, becomeShort, claimAll } = open();
    takenBack.add(3).add(32);
    expect(claimAll([2, 3])).toEqual([true, false]);
    becomeShort();
    expect(claimAll(range(33))).toEqual(range(33).map((id) => id !== 3 && id !== 32));
  });
});
