import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOARD_BYTES, nextId, slotOf, SLOTS, startedAt, writeStart } from '../../src/wire/claim-board.js';

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

describe('the claim board', () => {
  it('tells when a task began, and of no other task that it did', () => {
    fc.assert(
      fc.property(slots, fc.nat(1000), fc.double({ min: 0, noNaN: true }), (slot, generation, nowMs) => {
        const records = new Float64Array(BOARD_BYTES / 8);
        const id = nextId(slot, generation * SLOTS + slot);
        expect(startedAt(records, id)).toBeUndefined();
        writeStart(records, id, nowMs);
        expect(startedAt(records, id)).toBe(nowMs);
        expect(startedAt(records, nextId(slot, id))).toBeUndefined();
        expect(startedAt(records, nextId((slot + 1) % SLOTS, id))).toBeUndefined();
      }),
    );
  });

  it('forgets the task before in a slot when the next one begins', () => {
    const records = new Float64Array(BOARD_BYTES / 8);
    const first = nextId(3, 0);
    const second = nextId(3, first);
    writeStart(records, first, 10);
    writeStart(records, second, 20);
    expect([startedAt(records, first), startedAt(records, second)]).toEqual([undefined, 20]);
  });
});
