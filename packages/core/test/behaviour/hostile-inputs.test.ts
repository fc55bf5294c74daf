import { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, fixture, KINDS, withPool } from './pools.js';

/** Values that can be thrown, and not be made a text. */
const UNREADABLE: readonly (readonly [string, unknown])[] = [
  ['an object without a prototype', Object.create(null)],
  [
    'an error whose message throws',
    Object.defineProperty(new Error(''), 'message', {
      get: () => {
        throw new Error('no message');
      },
    }),
  ],
  [
    'a Proxy whose traps throw',
    new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('trapped');
        },
      },
    ),
  ],
];

describe.each(KINDS)('an input whose getter (%s)', (kind) => {
  it('aborts its own signal is cancelled, and the tasks that wait go on', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1 }, async (pool) => {
        const wait = (name: string) => pool.run('wait', { port: gate.port, name });
        const waiting = [wait('first')];
        await gate.whenArrived('first');
        waiting.push(wait('second'), wait('third'));
        const controller = new AbortController();
        const input = {
          get name() {
            controller.abort('changed my mind');
            return 'never';
          },
        };
        expect(await failure(pool.run('wait', input, { signal: controller.signal }))).toBe('changed my mind');
        for (const name of ['first', 'second', 'third']) {
          await gate.whenArrived(name);
          gate.pass(name);
        }
        await Promise.all(waiting);
        expect(gate.arrived).toEqual(['first', 'second', 'third']);
        expect(pool.stats().tasks).toMatchObject({ submitted: 4, completed: 3, cancelled: 1 });
      }),
    );
  });

  it('submits another task arrives, and the other one is refused', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      let inner: Promise<unknown> | undefined;
      const input = {
        get x() {
          inner ??= failure(pool.run('echo', 'inner'));
          return 'outer';
        },
      };
      expect(await pool.run('echo', input)).toEqual({ x: 'outer' });
      expect(await inner).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
    });
  });

  it('ends the pool is rejected with it', async () => {
    const pool = new Pool(fixture('echo.mjs'), { kind, workers: 1 });
    await pool.ready();
    let ended: Promise<void> | undefined;
    const input = {
      get x() {
        ended = pool.destroy();
        return 1;
      },
    };
    expect(await failure(pool.run('echo', input))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    await ended;
    expect(pool.stats().tasks).toMatchObject({ submitted: 1, failed: 1, queued: 0 });
  });

  it.each(UNREADABLE)('throws %s fails its own task', async (_what, thrown) => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const input = {
        get x() {
          throw thrown;
        },
      };
      expect(await failure(pool.run('echo', input))).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
      expect(await pool.run('echo', 1)).toBe(1);
      expect(pool.stats().tasks).toMatchObject({ submitted: 2, completed: 1, failed: 1 });
    });
  });
});
