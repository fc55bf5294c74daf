import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotOf, SLOTS } from '../../src/wire/claim-board.js';
import { InHand, isGhost, type Cargo, type Ghost } from '../../src/worker/in-hand.js';

function cargo(id: number): Cargo {
  return { id, name: 'work', expectedMs: 1, wireId: 0 } as Cargo;
}

describe('InHand', () => {
  it('finds by wire id what is in hand, and nothing that is not, after any sequence of calls', () => {
    const steps = fc.array(fc.record({ what: fc.constantFrom('add', 'add', 'remove', 'abandon'), which: fc.nat() }));
    fc.assert(
      fc.property(steps, (sequence) => {
        const hand = new InHand<Cargo>();
        const items: (Cargo | Ghost)[] = [];
        const goneIds: number[] = [];
        let lastId = 0;
        for (const { what, which } of sequence) {
          const at = which % Math.max(1, items.length);
          const item = items[at];
          if (what === 'add') {
            const task = cargo(++lastId);
            hand.add(task);
            items.push(task);
          } else if (item !== undefined && what === 'remove') {
            hand.remove(item);
            items.splice(at, 1);
            goneIds.push(item.wireId);
          } else if (item !== undefined && !isGhost(item)) {
            items[at] = hand.abandon(item);
          }
          expect(hand.size).toBe(items.length);
          for (const each of items) expect(hand.get(each.wireId)).toBe(each);
          for (const wireId of goneIds) expect(hand.get(wireId)).toBeUndefined();
          expect(hand.all().map(({ id }) => id)).toEqual(items.map(({ id }) => id).toSorted((a, b) => a - b));
          expect(new Set(items.map(({ wireId }) => slotOf(wireId))).size).toBe(items.length);
        }
      }),
    );
  });

  it('uses no wire id twice, even when a place is taken again and again', () => {
    const hand = new InHand<Cargo>();
    const ids = new Set<number>();
    for (let id = 1; id <= 3 * SLOTS; id++) {
      const task = cargo(id);
      hand.add(task);
      ids.add(task.wireId);
      hand.remove(task);
    }
    expect(ids.size).toBe(3 * SLOTS);
  });

  it('leaves a ghost with the wire id, so that the task may go into another hand', () => {
    const [first, second] = [new InHand<Cargo>(), new InHand<Cargo>()];
    const task = cargo(1);
    first.add(task);
    const ghost = first.abandon(task);
    const { wireId } = ghost;
    second.add(cargo(2));
    second.add(task);
    expect(first.get(wireId)).toBe(ghost);
    expect(second.get(task.wireId)).toBe(task);
    first.remove(ghost);
    expect([first.size, second.size]).toEqual([0, 2]);
  });

  it('does not let a place go twice', () => {
    const hand = new InHand<Cargo>();
    const [a, b] = [cargo(1), cargo(2)];
    hand.add(a);
    hand.add(b);
    hand.remove(a);
    hand.remove(a);
    expect(hand.size).toBe(1);
    const [c, d] = [cargo(3), cargo(4)];
    hand.add(c);
    hand.add(d);
    expect(new Set([b, c, d].map(({ wireId }) => slotOf(wireId))).size).toBe(3);
  });

  it('refuses more tasks than a claim board has slots', () => {
    const hand = new InHand<Cargo>();
    for (let id = 0; id < SLOTS; id++) hand.add(cargo(id));
    expect(() => hand.add(cargo(SLOTS))).toThrow(RangeError);
  });
});
