import { isPoolError, type PoolOptions } from '@millpond/core';
import { describe, expect } from 'vitest';
import { deathOf, type Fault, fault, type Lab, rejection, shown } from './lab.js';

const INNOCENTS = 40;
/** JSON. Of a value with the property `end`, the decoding in a worker ends so. */
const codec = new URL('../fixtures/codecs/ends-worker.mjs', import.meta.url);
const NO_PROCESS = { thread: 'a thread cannot be ended so apart from its program' };
/** More than a heap of 20 MB holds once they are decoded. */
const RECORDS = Array.from({ length: 600_000 }, (_, id) => ({ id, name: `record ${id}` }));
const SMALL_HEAP = (lab: Lab): PoolOptions =>
  lab.isProcess ? { execArgv: ['--max-old-space-size=20'] } : { resourceLimits: { maxOldGenerationSizeMb: 20 } };

interface Ending {
  injected: string;
  input: object;
  code: 'ERR_WORKER_CRASHED' | 'ERR_WORKER_OOM';
  options?: (lab: Lab) => PoolOptions;
  retry?: number;
  not?: Fault['not'];
}

const byCodec = (end: string, injected: string): Ending => ({
  injected: `a custom codec ${injected}`,
  input: { end },
  code: 'ERR_WORKER_CRASHED',
  options: () => ({ codec }),
});

const ENDINGS: Record<string, Ending> = {
  '': byCodec('exit', 'calls process.exit(3)'),
  b: { ...byCodec('kill', 'kills its process'), not: NO_PROCESS },
  c: { ...byCodec('abort', 'calls process.abort()'), not: NO_PROCESS },
  d: {
    injected: '600,000 records in a heap of 20 MB, default codec',
    input: { records: RECORDS },
    code: 'ERR_WORKER_OOM',
    options: SMALL_HEAP,
  },
  e: { ...byCodec('exit', 'calls process.exit(3); retry 5'), retry: 5 },
  f: byCodec('loop', 'never ends'),
};

describe('an input whose decoding ends its worker', () => {
  for (const [letter, { injected, input, code, options, retry, not }] of Object.entries(ENDINGS)) {
    const row = {
      row: `41${letter}`,
      fault: 'input whose decoding ends the worker',
      injected: `${injected}; ${INNOCENTS} other tasks around it`,
      expected: `${code} after 2 deaths; its handler is never called; the others are called once each, and done`,
    };
    fault(not === undefined ? row : { ...row, not }, async (lab) => {
      const pool = lab.pool('counted.mjs', { restart: { max: 20 }, ...options?.(lab) });
      await pool.ready();
      const innocent = (value: number) => pool.run('counted', { value });
      const before = Array.from({ length: INNOCENTS / 2 }, (_, n) => innocent(n));
      const call = retry === undefined ? {} : { retry: { attempts: retry, backoff: { baseMs: 1 } } };
      const rejected = rejection(pool.run('counted', input, call));
      const after = Array.from({ length: INNOCENTS / 2 }, (_, n) => innocent(INNOCENTS / 2 + n));
      const error = await rejected;
      expect(isPoolError(error) && error.code).toBe(code);
      expect(deathOf(error).death.workerId).toBeGreaterThan(0);
      expect(await Promise.all([...before, ...after])).toEqual(Array.from({ length: INNOCENTS }, (_, n) => n));
      expect(lab.starts(pool)).toHaveLength(INNOCENTS);
      expect(lab.deaths(pool)).toHaveLength(2);
      return `${shown(error)} after 2 deaths; ${INNOCENTS} of ${INNOCENTS} others done`;
    });
  }
});
