import { writeSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileClaims } from '../../src/child/claims.js';
import { sharedBoard } from '../../src/transport/shared-board.js';
import {
  BOARD_BYTES,
  DECODING_AT,
  freshBoard,
  hasMarks,
  isMarkSlot,
  MARK_AT,
  MemoryBoard,
  nextId,
  type ParentBoard,
  recordAt,
  revocationAt,
  REVOCATIONS_AT,
  SECTION_AT,
  SECTION_BYTES,
  slotOf,
  SLOTS,
  TASK_SLOTS,
  TEST_ID,
  type WorkerBoard,
} from '../../src/wire/claim-board.js';
import { openBoard } from '../support/result-link.js';

const slots = fc.integer({ min: 0, max: SLOTS - 1 });
const taskSlots = slots.filter((slot) => !isMarkSlot(slot));
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
    const memory = sharedBoard();
    const board = new MemoryBoard(memory);
    const wipe = (from: number, to: number): void => void new Uint8Array(memory).fill(0, from, to);
    return { parent: board as ParentBoard, worker: board as WorkerBoard, wipe };
  },
  file() {
    const parent = openBoard();
    const wipe = (from: number, to: number): void =>
      void writeSync(parent.fd, Buffer.alloc(to - from), 0, to - from, from);
    return { parent: parent as ParentBoard, worker: new FileClaims(parent.fd) as WorkerBoard, wipe };
  },
};

describe.each(Object.entries(BOARDS))('the claim board in %s', (_name, open) => {
  it('tells when a task was claimed, and of no other task that it was', () => {
    const { parent, worker } = open();
    fc.assert(
      fc.property(taskSlots, fc.nat(1000), fc.double({ min: 0, noNaN: true }), (slot, generation, atMs) => {
        const id = nextId(slot, generation * SLOTS + slot);
        expect(worker.claim(id, atMs)).toBe(true);
        expect(parent.claimOf(id)).toEqual({ run: id, atMs });
        expect(parent.claimOf(nextId(slot, id))).toBeUndefined();
      }),
    );
  });

  it('holds ids up to the last one', () => {
    const { parent, worker } = open();
    for (const id of [0xfffffffe, 0x80000000, 0x7fffffff]) {
      worker.claim(id, 5);
      worker.noteDecoding(id);
      expect([parent.claimOf(id), parent.decoding()]).toEqual([{ run: id, atMs: 5 }, id]);
      expect(parent.revoke(id)).toBe(true);
      expect(worker.claim(id, 6)).toBe(false);
    }
  });

  it('forgets the task before in a slot when the next one begins', () => {
    const { parent, worker } = open();
    const first = nextId(3, 0);
    const second = nextId(3, first);
    worker.claim(first, 10);
    worker.claim(second, 20);
    expect([parent.claimOf(first), parent.claimOf(second)]).toEqual([undefined, { run: second, atMs: 20 }]);
  });

  it('gives a task back that has not begun, and the worker may not run it then', () => {
    const { parent, worker } = open();
    const id = nextId(5, 0);
    expect([parent.revoke(id), parent.claimOf(id)]).toEqual([true, undefined]);
    expect(worker.claim(id, 10)).toBe(false);
    expect(worker.claim(nextId(5, id), 10)).toBe(true);
  });

  it('shows that a task has begun to a parent that asks for it afterwards', () => {
    const { parent, worker } = open();
    const id = nextId(5, 0);
    expect(worker.claim(id, 10)).toBe(true);
    expect(parent.revoke(id)).toBe(true);
    expect(parent.claimOf(id)).toEqual({ run: id, atMs: 10 });
  });

  it('notes a run of neighbours as claimed together, and tells which of them were taken back', () => {
    const { parent, worker } = open();
    const ids = [7, 8, 9, 10].map((slot) => nextId(slot, 0));
    const [first = 0, second = 0, third = 0, fourth = 0] = ids;
    const table = new Uint32Array([99, 99, ...ids.flatMap((id) => [id, 99, 99])]);
    for (const id of [second, fourth]) parent.revoke(id);
    expect(worker.claimRun(table, 2, 3, 4, 12.5, false)).toBe(0b1010);
    for (const id of ids) expect(parent.claimOf(id)?.atMs).toBe(12.5);
    // Where a claim costs next to nothing each is a run of its own.
    const run = worker.maxRun === 1 ? ids : ids.map(() => first);
    expect(ids.map((id) => parent.claimOf(id)?.run)).toEqual(run);
    expect(parent.claimOf(nextId(11, 0))).toBeUndefined();
    parent.revoke(third);
    expect(worker.revokedIn(table, 2, 3, 4)).toBe(0b1110);
    // From the third on.
    expect(worker.revokedIn(table, 8, 3, 2)).toBe(0b11);
  });

  it('notes neighbours that start together as runs of their own, since all have begun', () => {
    const { parent, worker } = open();
    const ids = [30, 31, 32].map((slot) => nextId(slot, 0));
    const table = new Uint32Array(ids.flatMap((id) => [id, 99]));
    parent.revoke(ids[1] ?? 0);
    expect(worker.claimRun(table, 0, 2, 3, 12.5, true)).toBe(0b010);
    expect(ids.map((id) => parent.claimOf(id))).toEqual(ids.map((run) => ({ run, atMs: 12.5 })));
  });

  it('takes claims of a run back, so that these tasks have not begun, and may be claimed again', () => {
    const { parent, worker } = open();
    const ids = [20, 21, 22, 23].map((slot) => nextId(slot, 0));
    const [first = 0, second = 0, third = 0, fourth = 0] = ids;
    const table = new Uint32Array(ids.flatMap((id) => [id, 99]));
    worker.claimRun(table, 0, 2, 4, 10, false);
    worker.unclaim(table, 4, 2, 2);
    expect(ids.map((id) => parent.claimOf(id) !== undefined)).toEqual([true, true, false, false]);
    parent.revoke(fourth);
    expect([worker.claim(third, 20), worker.claim(fourth, 20)]).toEqual([true, false]);
    expect([first, second, third].map((id) => parent.claimOf(id)?.atMs)).toEqual([10, 10, 20]);
    expect(parent.isIntact()).toBe(true);
  });

  it('tells whose input is being decoded', () => {
    const { parent, worker } = open();
    expect(parent.decoding()).toBe(0);
    const id = nextId(6, 0);
    worker.noteDecoding(id);
    expect([parent.decoding(), parent.claimOf(id)]).toEqual([id, undefined]);
  });

  it('keeps the section that is open, cut to what it holds', () => {
    const { parent, worker } = open();
    expect(parent.section()).toBe('');
    worker.noteSection('load › parse');
    expect(parent.section()).toBe('load › parse');
    worker.noteSection('é'.repeat(500));
    expect(parent.section()).toBe('é'.repeat(63));
    worker.noteSection('');
    expect(parent.section()).toBe('');
  });

  it('is intact whatever parent and worker do to it', () => {
    const { parent, worker } = open();
    expect(parent.isIntact()).toBe(true);
    parent.revoke(TEST_ID);
    expect(worker.claim(TEST_ID, 1)).toBe(false);
    for (let slot = 0; slot < SLOTS; slot++) {
      if (isMarkSlot(slot)) continue;
      const id = nextId(slot, 0xfffff800 + slot);
      worker.claim(id, 1);
      parent.revoke(id);
      worker.unclaim(Uint32Array.of(id), 0, 1, 1);
    }
    worker.noteDecoding(1);
    worker.noteSection('x'.repeat(SECTION_BYTES));
    expect(parent.isIntact()).toBe(true);
  });

  it('is not intact once zeros were written over any page of it', () => {
    for (let page = 0; page < BOARD_BYTES; page += 4096) {
      const { parent, worker, wipe } = open();
      parent.revoke(TEST_ID);
      worker.claim(TEST_ID, 1);
      wipe(page, page + 4096);
      expect(parent.isIntact(), `page at ${page}`).toBe(false);
    }
  });
});

describe('the parts of the board', () => {
  it('do not overlap, and its marks are in no task’s slot', () => {
    const board = freshBoard();
    expect([board.length, hasMarks(new Uint32Array(board.buffer))]).toEqual([BOARD_BYTES, true]);
    const taken = new Set<number>();
    const take = (from: number, bytes: number): void => {
      for (let at = from; at < from + bytes; at++) {
        expect(taken.has(at)).toBe(false);
        taken.add(at);
      }
    };
    let count = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      take(recordAt(slot), 16);
      take(revocationAt(slot), 4);
      if (isMarkSlot(slot)) continue;
      count++;
      expect(board.subarray(recordAt(slot), recordAt(slot) + 16).every((byte) => byte === 0)).toBe(true);
      expect(board.subarray(revocationAt(slot), revocationAt(slot) + 4).every((byte) => byte === 0)).toBe(true);
    }
    for (const at of [MARK_AT, DECODING_AT]) take(at, 4);
    take(SECTION_AT, SECTION_BYTES);
    expect([count, Math.max(...taken) < BOARD_BYTES, REVOCATIONS_AT]).toEqual([TASK_SLOTS, true, SLOTS * 16]);
    expect(isMarkSlot(slotOf(TEST_ID))).toBe(true);
  });
});
