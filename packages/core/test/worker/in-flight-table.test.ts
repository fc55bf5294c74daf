import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMarkSlot, slotOf, SLOTS, TASK_SLOTS } from '../../src/wire/claim-board.js';
import type { InFlightEntry } from '../../src/worker/in-flight-entry.js';
import { InFlightTable } from '../../src/worker/in-flight-table.js';
import { TaskMaker } from '../support/tasks.js';

/** A hand, and how a task comes into it. */
function open() {
  const maker = new TaskMaker();
  const hand = new InFlightTable({ id: 1, abandon: () => {}, begunAt: () => undefined });
  return { hand, give: (): InFlightEntry => hand.add(maker.make().task) };
}

describe('InFlightTable', () => {
  it('finds by wire id what is in flight, and nothing that is not, after any sequence of calls', () => {
    const steps = fc.array(fc.record({ what: fc.constantFrom('add', 'add', 'remove'), which: fc.nat() }));
    fc.assert(
      fc.property(steps, (sequence) => {
        const { hand, give } = open();
        const places: InFlightEntry[] = [];
        const goneIds: number[] = [];
        for (const { what, which } of sequence) {
          const at = which % Math.max(1, places.length);
          const place = places[at];
          if (what === 'add') {
            places.push(give());
          } else if (place !== undefined) {
            hand.remove(place);
            places.splice(at, 1);
            goneIds.push(place.wireId);
          }
          expect(hand.size).toBe(places.length);
          for (const each of places) expect(hand.get(each.wireId)).toBe(each);
          for (const wireId of goneIds) expect(hand.get(wireId)).toBeUndefined();
          expect(hand.all()).toEqual(places.toSorted((a, b) => (a.task?.id ?? 0) - (b.task?.id ?? 0)));
          expect(new Set(places.map(({ wireId }) => slotOf(wireId))).size).toBe(places.length);
        }
      }),
    );
  });

  it('uses no wire id twice, even when a place is taken again and again', () => {
    const { hand, give } = open();
    const ids = new Set<number>();
    for (let count = 0; count < 3 * SLOTS; count++) {
      const place = give();
      ids.add(place.wireId);
      hand.remove(place);
    }
    expect(ids.size).toBe(3 * SLOTS);
  });

  it('gives neighbouring slots to tasks assigned one after another, while others come and go in order', () => {
    const { hand, give } = open();
    const waiting: InFlightEntry[] = [];
    let breaks = 0;
    let last = -1;
    for (let count = 0; count < 10_000; count++) {
      const place = give();
      waiting.push(place);
      if (slotOf(place.wireId) !== last + 1) breaks++;
      last = slotOf(place.wireId);
      if (waiting.length === 256) hand.remove(waiting.shift() as InFlightEntry);
    }
    // Only where the ring comes round, or grew, or a page of the board ends.
    expect(breaks).toBeLessThanOrEqual(10_000 / 512 + 10_000 / 256 + 5);
  });

  it('finds a free place beside tasks that stay for long', () => {
    const { hand, give } = open();
    const staying = Array.from({ length: 100 }, give);
    for (let count = 0; count < 3 * SLOTS; count++) hand.remove(give());
    for (const place of staying) expect(hand.get(place.wireId)).toBe(place);
    expect(hand.size).toBe(100);
  });

  it('does not let a place go twice', () => {
    const { hand, give } = open();
    const [a] = [give(), give()];
    hand.remove(a);
    hand.remove(a);
    expect(hand.size).toBe(1);
  });

  it('holds as many tasks as a claim board has slots for tasks, and refuses more', () => {
    const { hand, give } = open();
    const slots = Array.from({ length: TASK_SLOTS }, () => slotOf(give().wireId));
    expect(new Set(slots).size).toBe(TASK_SLOTS);
    expect(slots.some(isMarkSlot)).toBe(false);
    expect(give).toThrow(RangeError);
    expect(hand.size).toBe(TASK_SLOTS);
  });
});
