import { channel } from 'node:diagnostics_channel';
import { CHANNELS, type Pool, type SectionsMessage, type TaskMessage, type WorkerMessage } from '@millpond/core';
import { hostNowMs } from '@millpond/core/internal';
import { describe, expect, it } from 'vitest';
import { stamps } from '../support/stamps.js';
import { failure, KINDS, withPool } from './pools.js';

/** Runs `body` and gives what was published for this pool meanwhile. */
async function heard<T extends { pool: object }>(name: string, pool: Pool, body: () => Promise<void>): Promise<T[]> {
  const messages: T[] = [];
  const listen = (message: unknown): void => {
    if ((message as T).pool === pool) messages.push(message as T);
  };
  channel(name).subscribe(listen);
  try {
    await body();
  } finally {
    channel(name).unsubscribe(listen);
  }
  return messages;
}

describe.each(KINDS)('a pool of kind %s publishes', (kind) => {
  it('ten stamps for every try of a task, all on one clock', async () => {
    await withPool('takes-turns.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const before = hostNowMs();
      const messages = await heard<TaskMessage>(CHANNELS.task, pool, async () => {
        for (let n = 0; n < 20; n++) await pool.run('wait', n % 3);
      });
      const after = hostNowMs();
      expect(messages.map(({ trace }) => [trace.taskId, trace.task, trace.attempt, trace.outcome])).toEqual(
        Array.from({ length: 20 }, (_, n) => [n + 1, 'wait', 1, 'ok']),
      );
      for (const { trace } of messages) {
        const times = stamps(trace);
        expect(times.some(Number.isNaN)).toBe(false);
        expect(times[0]).toBeGreaterThanOrEqual(before);
        expect(times[9]).toBeLessThanOrEqual(after);
        // On either side in order; between the sides within what two readings of one clock may differ.
        for (let at = 1; at < times.length; at++) expect(times[at]).toBeGreaterThan((times[at - 1] as number) - 1);
        expect(trace.endedAt).toBeGreaterThanOrEqual(trace.startedAt);
      }
    });
  });

  it.each(['ok', 'error'])('tries that ended %s, and its listeners may cancel all tasks then', async (outcome) => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const group = new AbortController();
      const stop = (message: unknown): void => {
        if ((message as TaskMessage).pool === pool && (message as TaskMessage).trace.outcome === outcome) group.abort();
      };
      channel(CHANNELS.task).subscribe(stop);
      try {
        const runs = Array.from({ length: 6 }, (_, n) =>
          pool.run(n === 2 ? 'throwsWith' : 'same', n, { signal: group.signal }),
        );
        const [first, , third] = await Promise.allSettled(runs);
        expect([first?.status, third?.status]).toEqual(['fulfilled', 'rejected']);
        expect(await pool.run('same', 7)).toBe(7);
        expect(pool.stats().tasks).toMatchObject({ submitted: 7, queued: 0, dispatched: 0 });
      } finally {
        channel(CHANNELS.task).unsubscribe(stop);
      }
    });
  });

  it('how each try ended', async () => {
    await withPool('fails-at-first.mjs', { kind, workers: 1 }, async (pool) => {
      const messages = await heard<TaskMessage>(CHANNELS.task, pool, async () => {
        await pool.run('succeedAt', 2, { retry: { attempts: 1, backoff: { baseMs: 1 } } });
        await failure(pool.run('missing'));
      });
      expect(messages.map(({ trace }) => [trace.task, trace.attempt, trace.outcome])).toEqual([
        ['succeedAt', 1, 'error'],
        ['succeedAt', 2, 'ok'],
        ['missing', 1, 'error'],
      ]);
    });
  });

  it('the sections its handlers timed, by the time it is closed', async () => {
    await withPool('times-sections.mjs', { kind, workers: 1 }, async (pool) => {
      const counts = new Map<string, number>();
      const messages = await heard<SectionsMessage>(CHANNELS.sections, pool, async () => {
        await pool.run('work', 3);
        await pool.close();
      });
      for (const { workerId, sections } of messages) {
        expect(workerId).toBe(1);
        for (const { task, path, count } of sections) {
          const name = `${task}: ${path.join('/')}`;
          counts.set(name, (counts.get(name) ?? 0) + count);
        }
      }
      expect(Object.fromEntries(counts)).toEqual({ 'work: outer': 3, 'work: outer/inner': 3 });
    });
  });

  it('the beginning and the end of its workers', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const messages = await heard<WorkerMessage>(CHANNELS.worker, pool, async () => {
        await pool.ready();
        await pool.close();
      });
      expect(messages.map(({ what, workerId, kind: told }) => [what, workerId, told])).toEqual([
        ['ready', 1, kind],
        ['exited', 1, kind],
      ]);
      expect(messages[0]?.bootMs).toBeGreaterThan(0);
      expect(messages[1]?.atMs).toBeGreaterThanOrEqual(messages[0]?.atMs ?? Infinity);
    });
  });
});
