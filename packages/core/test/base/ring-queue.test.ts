import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingQueue } from '../../src/base/ring-queue.js';

describe('RingQueue', () => {
  it('does what an array does, in any order of calls', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('push' as const), value: fc.integer() }),
      fc.record({ what: fc.constant('shift' as const), value: fc.constant(0) }),
      fc.record({ what: fc.constant('set' as const), value: fc.nat(40) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new RingQueue<number>();
        const model: number[] = [];
        for (const { what, value } of steps) {
          if (what === 'push') {
            queue.push(value);
            model.push(value);
          } else if (what === 'shift') {
            expect(queue.shift()).toBe(model.shift());
          } else if (value < model.length) {
            queue.set(value, -value);
            model[value] = -value;
          }
          expect(queue.size).toBe(model.length);
          expect(Array.from(model, (_, index) => queue.at(index))).toEqual(model);
          expect(queue.at(model.length)).toBeUndefined();
        }
      }),
    );
  });
});
