import { isPoolError } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { KINDS, withPool } from './pools.js';

const KIB = 1024;
/** Ways for a task to end, by turns. Only the first one gives its input back to its caller. */
const ENDS = ['completes', 'fails', 'is cancelled', 'waits too long', 'kills its worker'] as const;

/** Bytes that say which task they belong to. */
function bytesOf(task: number, length: number): Buffer {
  return Buffer.alloc(length, (task % 250) + 1);
}

describe.each(KINDS)('large inputs of many tasks, kind %s,', (kind) => {
  it('arrive as they were at the call, however the tasks around them end', async () => {
    const options = { kind, workers: kind === 'inline' ? 1 : 2, restart: { max: 1000 } };
    await withPool('large-inputs.mjs', options, async (pool) => {
      const run = async (task: number): Promise<string> => {
        const end = ENDS[task % ENDS.length];
        const length = (70 + ((task * 37) % 300)) * KIB;
        const input = {
          task,
          bytes: bytesOf(task, length),
          text: String.fromCharCode(97 + (task % 26)).repeat(length),
        };
        const cancel = new AbortController();
        const isDeadly = end === 'kills its worker' && kind !== 'inline' && task % 50 === 4;
        const result = pool.run(
          'check',
          { ...input, end: isDeadly ? end : end === 'fails' ? end : undefined },
          {
            signal: cancel.signal,
            idempotent: true,
            retry: { attempts: 2, backoff: { baseMs: 1 } },
            ...(end === 'waits too long' ? { queueTimeoutMs: 5 } : {}),
          },
        );
        input.bytes.fill(0);
        if (end === 'is cancelled') queueMicrotask(() => cancel.abort());
        try {
          return (await result) as string;
        } catch (error) {
          if (isPoolError(error)) return error.code;
          return (error as Error).message;
        }
      };
      const outcomes = new Map<string, number>();
      for (let wave = 0; wave < 10; wave++) {
        const settled = await Promise.all(Array.from({ length: 40 }, (_, n) => run(wave * 40 + n)));
        for (const outcome of settled) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      const wrong = [...outcomes.keys()].filter((outcome) => outcome.startsWith('wrong'));
      expect(wrong).toEqual([]);
      expect(outcomes.get('whole')).toBeGreaterThan(100);
      expect(outcomes.get('on purpose')).toBeGreaterThan(50);
    });
  });
});
