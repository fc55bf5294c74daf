import { existsSync, writeFileSync } from 'node:fs';
import { isPoolError, type Pool } from '@millpond/core';
import { describe, expect } from 'vitest';
import { fault, type Lab, rejection, shown } from './lab.js';
import { isAlive, until } from './system.js';
import { type Way, WAYS } from './ways.js';

/** Bytes of a result, and the number of such results: more than the log holds. */
const SIZES: [bytes: number, count: number][] = [
  [100, 20],
  [12_000, 8],
  [100_000, 4],
  [5000, 60],
];
const BLOCKED_AT_MOST_MS = 10_000;

/** Blocks this program, so that nothing a worker sends is read meanwhile. */
function blockUntil(what: string, condition: () => boolean): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const limit = performance.now() + BLOCKED_AT_MOST_MS;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`Not within ${BLOCKED_AT_MOST_MS} ms: ${what}.`);
    Atomics.wait(pause, 0, 0, 1);
  }
}

interface Waiting {
  value: number;
  bytes: number;
  result: Promise<unknown>;
}

function submitAll(pool: Pool): Waiting[] {
  let value = 0;
  return SIZES.flatMap(([bytes, count]) =>
    Array.from({ length: count }, () => {
      const input = { value: ++value, bytes };
      return { ...input, result: pool.run('counted', input) };
    }),
  );
}

/**
 * One worker computes all results, then comes to the guilty task. The program stands still meanwhile: until the guilty task has
 * begun, or until the worker is gone, where the worker ends without help of the program.
 */
async function suffer(lab: Lab, way: Way): Promise<{ pool: Pool; waiting: Waiting[]; error: Error }> {
  const pool = lab.pool('counted.mjs', { workers: 1, prefetch: 100, ...way.options?.(lab) });
  await pool.ready();
  const gate = { told: lab.path('gate'), until: lab.path('go') };
  const { said, result: opened } = await lab.started(pool, 'counted', gate);
  const waiting = submitAll(pool);
  const stop = new AbortController();
  const told = lab.path('guilty');
  const guilty = pool.run('counted', { told, end: way.end }, { ...way.guilty, signal: stop.signal });
  const ended = guilty.then(
    () => new Error('It resolved.'),
    (error: Error) => error,
  );
  await until('all are sent', () => pool.stats().tasks.queued === 0);
  writeFileSync(gate.until, '');
  blockUntil('the guilty task begins', () => existsSync(told));
  way.then?.(said.pid, stop);
  if (lab.isProcess && way.byPool !== true) blockUntil('the worker is gone', () => !isAlive(said.pid));
  const error = await ended;
  await lab.death(pool);
  await opened;
  return { pool, waiting, error };
}

describe('results that were returned, and that the program had no time to read', () => {
  for (const [letter, way] of Object.entries(WAYS) as [string, Way][]) {
    if (way.bytes !== undefined) continue;
    const { not } = way;
    const row = {
      row: `46${letter}`,
      fault: `${way.fault} with results pending`,
      injected: `${way.injected.replace('with small results', 'the task calls it')}; the program stands still; results of 100 B to 100 KB`,
      expected: 'each handler is called once; all results arrive',
    };
    fault(not === undefined ? row : { ...row, not }, async (lab) => {
      const { pool, waiting, error } = await suffer(lab, way);
      expect(isPoolError(error) ? error.code : error.name).toBe(way.code);
      for (const { value, bytes, result } of waiting) {
        expect((await result) === `${value}:`.padEnd(bytes, '.'), `${bytes} bytes`).toBe(true);
      }
      expect(lab.starts(pool)).toHaveLength(waiting.length + 2);
      return `${shown(error)}; ${waiting.length} of ${waiting.length} arrived, none ran twice`;
    });
  }

  fault(
    {
      row: '46m',
      fault: 'SIGKILL with results pending, the first of which were read',
      injected:
        'the program reads 2 of 3 results of 100 KB, then stands still. 10 more are returned, and the task kills its process',
      expected: 'each handler is called once; all results arrive',
      not: { thread: 'a thread cannot be ended so apart from its program' },
    },
    async (lab) => {
      const codec = new URL('fixtures/slow-reader-codec.mjs', import.meta.url);
      const pool = lab.pool('counted.mjs', { workers: 1, prefetch: 100, codec });
      await pool.ready();
      const [half, read, told] = [lab.path('half'), lab.path('read'), lab.path('guilty')];
      const large = (value: unknown) => {
        const expected = `${String(value)}:`.padEnd(100_000, '.');
        return pool.run('counted', { value, bytes: 100_000 }).then((text) => expect(text === expected).toBe(true));
      };
      const gate = await lab.started(pool, 'counted', { told: lab.path('gate'), until: lab.path('go') });
      const results = [large(1), large(`hold ${read} ${told}`), large(3)];
      results.push(pool.run('counted', { told: half, until: read }).then(() => {}));
      results.push(...Array.from({ length: 10 }, (_, n) => large(4 + n)));
      const guilty = rejection(pool.run('counted', { told, end: 'kill' }));
      await until('all are sent', () => pool.stats().tasks.queued === 0);
      writeFileSync(lab.path('go'), '');
      blockUntil('three results are returned', () => existsSync(half));
      expect(shown(await guilty)).toBe('ERR_WORKER_CRASHED, SIGKILL');
      await Promise.all([...results, gate.result]);
      expect(lab.starts(pool)).toHaveLength(results.length + 2);
      return 'ERR_WORKER_CRASHED, SIGKILL; 13 of 13 arrived, none ran twice';
    },
  );
});
