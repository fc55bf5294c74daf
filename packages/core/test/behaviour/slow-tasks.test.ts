import type { SlowTask } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';

const FIXTURE = 'waits-in-section.mjs';

describe.each(KINDS)('a slow task, kind %s,', (kind) => {
  it('causes one event while it still runs, with its open section, and is counted', async () => {
    await withGate((gate) =>
      withPool(FIXTURE, { kind, workers: 1, concurrency: 2, slowMs: 50 }, async (pool) => {
        const events: SlowTask[] = [];
        pool.on('task:slow', (event) => events.push(event));
        const slow = nextEvent<SlowTask>(pool, 'task:slow');
        const result = pool.run('work', { port: gate.port, name: 'a' });
        const event = await slow;
        expect(event).toMatchObject({ task: 'work', taskId: 1, attempt: 1, slowMs: 50, section: 'outer › inner' });
        expect(event.workerId).toBe(pool.stats().workerList[0]?.id);
        expect(event.ranMs).toBeGreaterThanOrEqual(50);
        expect(pool.stats().tasks).toMatchObject({ dispatched: 1, completed: 0, slow: 1 });
        // Another task goes on beside it, and nothing is said twice.
        expect(await pool.run('quick', 1)).toBe(1);
        await gate.whenArrived('a');
        gate.pass('a');
        expect(await result).toBe('passed');
        expect(events).toHaveLength(1);
        expect(pool.stats().byTask).toMatchObject({ work: { slow: 1 }, quick: { slow: 0 } });
      }),
    );
  });

  it('may be one whose name has a slowMs; the others are not looked at', async () => {
    await withGate((gate) =>
      withPool(FIXTURE, { kind, workers: 1, concurrency: 2, tasks: { work: { slowMs: 20 } } }, async (pool) => {
        const slow = nextEvent<SlowTask>(pool, 'task:slow');
        const result = pool.run('work', { port: gate.port, name: 'a' });
        for (let n = 0; n < 100; n++) await pool.run('quick', n);
        expect(await slow).toMatchObject({ task: 'work', slowMs: 20 });
        await gate.whenArrived('a');
        gate.pass('a');
        await result;
        expect(pool.stats().byTask).toMatchObject({ work: { slow: 1 }, quick: { slow: 0, completed: 100 } });
      }),
    );
  });

  it('may be each item of a batch, and a stream that waits for its reader', async () => {
    await withGate((gate) =>
      withPool('batches.mjs', { kind, workers: 1, slowMs: 20 }, async (pool) => {
        const slow: number[] = [];
        const both = new Promise<void>((resolve) => {
          pool.on('task:slow', ({ taskId }) => void (slow.push(taskId) === 2 && resolve()));
        });
        const items = ['a', 'b'].map((name) => pool.run('wait', { port: gate.port, name }));
        await pool.ready();
        pool.flush('wait');
        await gate.whenArrived('a');
        await both;
        gate.pass('a');
        await Promise.all(items);
        expect(slow.toSorted()).toEqual([1, 2]);
        expect(pool.stats().byTask['wait']?.slow).toBe(2);
      }),
    );
    await withPool('streams.mjs', { kind, workers: 1, slowMs: 20 }, async (pool) => {
      const slow = nextEvent<SlowTask>(pool, 'task:slow');
      const values = pool.stream('count', 200, { highWaterMark: 1 })[Symbol.asyncIterator]();
      await values.next();
      expect(await slow).toMatchObject({ task: 'count' });
      await values.return?.();
    });
  });

  it('settles once when a listener ends the pool', async () => {
    await withGate((gate) =>
      withPool(FIXTURE, { kind, workers: 1, slowMs: 20, timeoutMs: 20, graceMs: 0 }, async (pool) => {
        pool.on('task:slow', () => void pool.destroy());
        const error = await failure(pool.run('work', { port: gate.port, name: 'a' }));
        expect(error['code']).toBe('ERR_POOL_CLOSED');
        // Its handler runs on. A worker was killed, perhaps before it came to the gate.
        if (kind === 'inline') await gate.whenArrived('a');
        gate.pass('a');
        expect(pool.stats().tasks).toMatchObject({ failed: 1, timedOut: 0, slow: 1 });
      }),
    );
  });
});

describe.each(WORKER_KINDS)('a slow task in synchronous code, kind %s,', (kind) => {
  it('shows where it stands, on request', async () => {
    const options = { kind, workers: 1, slowMs: 50, graceMs: 0, timeoutStack: true } as const;
    await withPool(FIXTURE, options, async (pool) => {
      const slow = nextEvent<SlowTask>(pool, 'task:slow');
      const controller = new AbortController();
      const result = failure(pool.run('spin', 0, { signal: controller.signal }));
      const event = await slow;
      expect(event.section).toBe('endless');
      expect(await event.stack()).toMatch(/waits-in-section\.mjs:\d+/);
      controller.abort('enough');
      expect(await result).toBe('enough');
    });
  });

  it('causes an event when it is idempotent, and the tasks behind it in the worker cause none', async () => {
    const tasks = { spin: { idempotent: true }, quick: { idempotent: true } };
    await withPool(FIXTURE, { kind, workers: 1, prefetch: 20, slowMs: 50, graceMs: 0, tasks }, async (pool) => {
      await pool.ready();
      const events: SlowTask[] = [];
      pool.on('task:slow', (event) => events.push(event));
      const slow = nextEvent<SlowTask>(pool, 'task:slow');
      const controller = new AbortController();
      const result = failure(pool.run('spin', 0, { signal: controller.signal }));
      const behind = Array.from({ length: 10 }, (_, n) => pool.run('quick', n));
      await slow;
      controller.abort('enough');
      await result;
      expect(await Promise.all(behind)).toEqual(behind.map((_, n) => n));
      expect(events.map(({ task }) => task)).toEqual(['spin']);
    });
  });
});
