import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Linked, LinkedQueue } from '../../src/base/linked-queue.js';

class Element implements Linked<Element> {
  next: Element | undefined;
  previous: Element | undefined;
  readonly label: number;

  constructor(label: number) {
    this.label = label;
  }
}

const steps = fc.array(
  fc.oneof(
    fc.constant({ what: 'push' as const, at: 0 }),
    fc.constant({ what: 'unshift' as const, at: 0 }),
    fc.constant({ what: 'shift' as const, at: 0 }),
    fc.record({ what: fc.constant('remove' as const), at: fc.nat(1000) }),
    fc.record({ what: fc.constant('again' as const), at: fc.nat(1000) }),
  ),
  { maxLength: 60 },
);

describe('LinkedQueue', () => {
  it('holds what an array would hold, in the same order, after any sequence of calls', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const queue = new LinkedQueue<Element>();
        const model: Element[] = [];
        const gone: Element[] = [];
        for (const [label, { what, at }] of sequence.entries()) {
          if (what === 'push' || what === 'unshift') {
            const element = new Element(label);
            queue[what](element);
            model[what](element);
          } else if (what === 'shift') {
            const expected = model.shift();
            expect(queue.shift()).toBe(expected);
            if (expected !== undefined) gone.push(expected);
          } else if (what === 'remove' && model.length > 0) {
            const [element] = model.splice(at % model.length, 1) as [Element];
            queue.remove(element);
            gone.push(element);
          } else if (what === 'again' && gone.length > 0) {
            const [element] = gone.splice(at % gone.length, 1) as [Element];
            queue.push(element);
            model.push(element);
          }
          expect(queue.size).toBe(model.length);
          expect(queue.first).toBe(model[0]);
        }
        const drained = Array.from({ length: queue.size }, () => queue.shift()?.label);
        expect(drained).toEqual(model.map(({ label }) => label));
        expect(queue.shift()).toBeUndefined();
      }),
    );
  });

  it('leaves no links in an element that is out of it', () => {
    const [a, b, c] = [new Element(1), new Element(2), new Element(3)];
    const queue = new LinkedQueue<Element>();
    for (const element of [a, b, c]) queue.push(element);
    queue.remove(b);
    queue.shift();
    for (const element of [a, b]) expect([element.next, element.previous]).toEqual([undefined, undefined]);
    expect([c.next, c.previous]).toEqual([undefined, undefined]);
  });
});
