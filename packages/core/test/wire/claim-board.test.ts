import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileClaims } from '../../src/child/claims.js';
import { BoardFile } from '../../src/transport/board-file.js';
import {
  BOARD_BYTES,
  MemoryBoard,
  nextId,
  slotOf,
  SLOTS,
  type ParentBoard,
  type WorkerBoard,
} from '../../src/wire/claim-board.js';

const slots = fc.integer({ min: 0, max: SLOTS - 1 });
/** Two million tasks fit into a slot before its ids begin again. */
const GENERATIONS = 2 ** 32 / SLOTS;

describe('wire ids', () => {
  it('name their slot and fit into 32 bits, whatever id came before', () => {
    fc.assert(
      fc.property(slots, fc.nat(0xffffffff), (slot, last) => {
        const id = nextId(slot, (last - (last % SLOTS) + slot) >>> 0);
        expect(slotOf(id)).toBe(slot);
        expect(id >>> 0).toBe(id);
      }),
    );
  });

  it('do not repeat within a slot, and never equal one of another slot', () => {
    const seen = new Set<number>();
    for (const slot of [0, 1, 1023, SLOTS - 1]) {
      let id = 0;
      for (let generation = 0; generation < 5000; generation++) seen.add((id = nextId(slot, id)));
    }
    expect(seen.size).toBe(4 * 5000);
  });

  it('go round only after two million tasks of a slot', () => {
    const last = ((GENERATIONS - 1) * SLOTS + 7) >>> 0;
    expect(nextId(7, last - SLOTS)).toBe(last);
    expect(nextId(7, last)).toBe(7);
    expect(nextId(7, 7)).toBe(SLOTS + 7);
  });

  it('are not 0 for a first task, which an empty board holds everywhere', () => {
    for (const slot of [0, 1, SLOTS - 1]) expect(nextId(slot, 0)).not.toBe(0);
  });
});

/** A board in memory, and one in a file with the worker's end of it. */
const BOARDS = {
  memory() {
    const board = new MemoryBoard(new SharedArrayBuffer(BOARD_BYTES));
    return { parent: board as ParentBoard, worker: board as WorkerBoard, close() {} };
  },
  file() {
    const parent = new BoardFile();
    return {
      parent: parent as ParentBoard,
      worker: new FileClaims(parent.fd) as WorkerBoard,
      close: () => parent.close(),
    };
  },
};

describe.each(Object.entries(BOARDS))('the claim board in %s', (_name, open) => {
  it('tells when a task began, and of no other task that it did', () => {
    const { parent, worker, close } = open();
    fc.assert(
      fc.property(slots, fc.nat(1000), fc.double({ min: 0, noNaN: true }), (slot, generation, nowMs) => {
        const id = nextId(slot, generation * SLOTS + slot);
        expect(worker.claim(id, nowMs)).toBe(true);
        expect(parent.startedAt(id)).toBe(nowMs);
        expect(parent.startedAt(nextId(slot, id))).toBeUndefined();
      }),
    );
    close();
  });

  it('forgets the task before in a slot when the next one begins', () => {
    const { parent, worker, close } = open();
    const first = nextId(3, 0);
    const second = nextId(3, first);
    worker.claim(first, 10);
    worker.claim(second, 20);
    expect([parent.startedAt(first), parent.startedAt(second)]).toEqual([undefined, 20]);
    close();
  });

  it('gives a task back that has not begun, and the worker may not run it then', () => {
    const { parent, worker, close } = open();
    const id = nextId(5, 0);
    expect(parent.revoke(id)).toBe(true);
    expect(worker.claim(id, 10)).toBe(false);
    expect(worker.claim(nextId(5, id), 10)).toBe(true);
    close();
  });

  it('does not give a task back that has begun', () => {
    const { parent, worker, close } = open();
    const id = nextId(5, 0);
    expect(worker.claim(id, 10)).toBe(true);
    expect(parent.revoke(id)).toBe(false);
    close();
  });

  it('notes a run of neighbours as begun together, and tells which of them were taken back', () => {
    const { parent, worker, close } = open();
    const ids = [7, 8, 9, 10].map((slot) => nextId(slot, 0));
    const table = new Uint32Array(ids.flatMap((id) => [id, 99, 99]));
    expect([parent.revoke(ids[1] as number), parent.revoke(ids[3] as number)]).toEqual([true, true]);
    expect(worker.claimRun(table, 0, 3, 4, 12.5)).toBe(0b1010);
    expect(ids.map((id) => parent.startedAt(id))).toEqual([12.5, 12.5, 12.5, 12.5]);
    expect(parent.revoke(ids[0] as number)).toBe(false);
    expect(parent.startedAt(nextId(11, 0))).toBeUndefined();
    close();
  });

  it('keeps the section that is open, cut to what it holds', () => {
    const { parent, worker, close } = open();
    expect(parent.section()).toBe('');
    worker.noteSection('load › parse');
    expect(parent.section()).toBe('load › parse');
    worker.noteSection('é'.repeat(500));
    expect(parent.section()).toBe('é'.repeat(63));
    worker.noteSection('');
    expect(parent.section()).toBe('');
    close();
  });
});
