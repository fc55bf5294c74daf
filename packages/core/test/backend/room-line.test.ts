import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoomLine } from '../../src/backend/room-line.js';
import { turn } from '../support/scripted-engine.js';

/** A queue of this number of places, and tasks that leave it when a test says so. */
class Queue {
  queued = 0;
  most = 0;
  refused = 0;
  max: number;
  readonly line: RoomLine = new RoomLine((tasks) => this.queued + tasks <= this.max);

  constructor(max: number) {
    this.max = max;
  }

  /** As `run()` does: takes a place, or is refused. */
  run(): void {
    if (this.line.take(true)) this.queued++;
    else this.refused++;
    this.most = Math.max(this.most, this.queued);
  }

  leave(tasks = 1): void {
    this.queued = Math.max(0, this.queued - tasks);
    this.line.check();
  }
}

describe('places in the queue', () => {
  it('are given to one who waits each, in the order they came', async () => {
    const queue = new Queue(1);
    const order: number[] = [];
    const producers = Array.from({ length: 20 }, async (_, n) => {
      await queue.line.wait();
      order.push(n);
      queue.run();
    });
    for (let left = 20; left > 0; left--) {
      await turn();
      expect([order.length, queue.queued]).toEqual([21 - left, 1]);
      queue.leave();
    }
    await Promise.all(producers);
    expect([queue.refused, queue.most]).toEqual([0, 1]);
    expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('are not taken by code that did not wait, between the grant and the code that waited for it', async () => {
    const queue = new Queue(1);
    queue.run();
    const waited = queue.line.wait().then(() => queue.run());
    // Due before the waiter goes on, and submitted when the place is there.
    void Promise.resolve().then(() => queue.run());
    queue.leave();
    await waited;
    expect([queue.queued, queue.refused]).toEqual([1, 1]);
  });

  it('pass to the next when they are not used in their turn', async () => {
    const queue = new Queue(1);
    const idle = queue.line.wait();
    const next = queue.line.wait().then(() => queue.run());
    await idle;
    expect(queue.line.isFree).toBe(false);
    await next;
    expect([queue.queued, queue.refused]).toEqual([1, 0]);
  });

  it('are kept over several steps of promises', async () => {
    const queue = new Queue(1);
    const producers = Array.from({ length: 5 }, async () => {
      await queue.line.wait();
      for (let step = 0; step < 10; step++) await Promise.resolve();
      queue.run();
    });
    for (let round = 0; round < 5; round++) {
      await turn();
      queue.leave();
    }
    await Promise.all(producers);
    expect(queue.refused).toBe(0);
  });

  it('are refused to all who wait when the pool ends', async () => {
    const queue = new Queue(0);
    const waits = Promise.allSettled([queue.line.wait(), queue.line.wait()]);
    queue.line.end('the pool closes');
    expect(await waits).toEqual(Array(2).fill({ status: 'rejected', reason: 'the pool closes' }));
  });

  it('are neither lost nor given twice, in any sequence of producers that wait, use them, or leave', async () => {
    const producer = fc.record({ uses: fc.boolean(), steps: fc.nat(3), waitsFirst: fc.nat(3) });
    const rounds = fc.array(fc.record({ leave: fc.nat(3), plain: fc.nat(2), max: fc.integer({ min: 1, max: 4 }) }));
    await fc.assert(
      fc.asyncProperty(fc.array(producer, { maxLength: 30 }), rounds, async (producers, sequence) => {
        const queue = new Queue(1);
        let over = 0;
        let denied = 0;
        const ends = producers.map(async ({ uses, steps, waitsFirst }) => {
          for (let turns = 0; turns < waitsFirst; turns++) await turn();
          await queue.line.wait();
          over++;
          if (!uses) return;
          // Code that has not waited comes in no step but the first.
          for (let step = 0; step < steps; step++) await Promise.resolve();
          const before = queue.refused;
          queue.run();
          denied += queue.refused - before;
        });
        for (const { leave, plain, max } of sequence) {
          queue.max = Math.max(queue.max, max);
          for (let n = 0; n < plain; n++) queue.run();
          queue.leave(leave);
          await turn();
          expect(queue.queued).toBeLessThanOrEqual(queue.max);
        }
        while (over < producers.length) {
          queue.leave(1);
          await turn();
        }
        await Promise.all(ends);
        expect(denied).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
