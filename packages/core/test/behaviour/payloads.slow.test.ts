import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { isPoolError } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';
import { Program, vanished } from './programs.js';

const MIB = 2 ** 20;
const SHARED_MEMORY_KINDS = ['thread', 'inline'] as const;

/** Bytes that no two places have alike for long. */
function noise(bytes: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let word = seed * 2654435761 + 1;
  for (let at = 0; at < words.length; at++) words[at] = word = (word * 1664525 + 1013904223) >>> 0;
  return Buffer.from(words.buffer, 0, bytes);
}

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** How a file in memory is named where it must have a name for a moment. */
const OURS = /^millpond-\d+-[0-9a-f]{16}$/;

/** What anybody could find of ours on disk or in memory. */
function leftFiles(): string[] {
  return ['/dev/shm', tmpdir()].flatMap((folder) => readdirSync(folder).filter((name) => OURS.test(name)));
}

describe.each(KINDS)('large values (%s)', (kind) => {
  it.each([
    ['1 MiB', MIB],
    ['64 MiB', 64 * MIB],
    ['one byte below the threshold', 2 ** 18 - 1],
    ['the threshold', 2 ** 18],
  ])('of %s arrive whole, both ways', async (_name, size) => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const bytes = noise(size, 3);
      expect(await pool.run('hash', bytes)).toBe(sha1(bytes));
      const back = (await pool.run('same', bytes)) as Uint8Array;
      expect([back.length, sha1(back)]).toEqual([size, sha1(bytes)]);
    });
  });

  it('inside other values arrive as what they were, beside small ones', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const value = {
        name: 'scan',
        layers: [new Float64Array(100_000).fill(0.5), new BigInt64Array(50_000).fill(-3n), new Float32Array(3)],
        byName: new Map([['mask', new Uint8ClampedArray(300_000).fill(9)]]),
        plain: new Uint16Array(200_000).fill(77).buffer,
      };
      expect(await pool.run('same', value)).toEqual(value);
      expect(await pool.run('same', value.plain)).toEqual(value.plain);
      expect(await pool.run('describe', value.layers[0])).toEqual({ type: 'Float64Array', bytes: 800_000, last: 0.5 });
      const view = new DataView(value.plain, 8, 300_000);
      expect(await pool.run('describe', view)).toEqual({ type: 'DataView', bytes: 300_000 });
    });
  });

  it('of many tasks at once do not get mixed up', async () => {
    const options = { kind, workers: 2, concurrency: 4, prefetch: 8 } as const;
    await withPool('payloads.mjs', options, async (pool) => {
      const inputs = Array.from({ length: 60 }, (_, n) => noise((n % 7) * 200_000 + 10, n));
      const results = await Promise.all(inputs.map((input, n) => pool.run(n % 2 === 0 ? 'same' : 'later', input)));
      expect(results.map((result) => sha1(result as Uint8Array))).toEqual(inputs.map(sha1));
    });
  });

  it('that are cancelled before they begin leave the way free for the next', async () => {
    await withPool('payloads.mjs', { kind, workers: 1, prefetch: 16 }, async (pool) => {
      await Promise.all(Array.from({ length: 20 }, () => pool.run('hash', noise(10, 1))));
      const controllers = Array.from({ length: 16 }, () => new AbortController());
      const large = noise(MIB, 2);
      // The handler before them must take longer than their submission.
      const spun = pool.run('spin', 500);
      const doomed = controllers.map(({ signal }) => failure(pool.run('hash', large, { signal })));
      await new Promise((resolve) => setImmediate(resolve));
      for (const controller of controllers) controller.abort();
      expect((await Promise.all(doomed)).map(({ name }) => name)).toEqual(doomed.map(() => 'AbortError'));
      await spun;
      const bytes = noise(8 * MIB, 4);
      expect(await Promise.all([1, 2, 3].map(() => pool.run('hash', bytes)))).toEqual([1, 2, 3].map(() => sha1(bytes)));
    });
  });
});

describe('a worker process killed with large values on their way', () => {
  it('costs no other task anything, and its own is tried again with its whole input', async () => {
    await withPool('payloads.mjs', { kind: 'process', workers: 1, retry: 1, prefetch: 4 }, async (pool) => {
      await pool.ready();
      const bytes = noise(32 * MIB, 5);
      const { result } = await started(pool, 'hangAtFirst', bytes);
      const behind = [6, 7].map((seed) => noise(4 * MIB, seed));
      const hashes = behind.map((input) => pool.run('hash', input));
      const died = nextEvent(pool, 'worker:exited');
      process.kill(pool.stats().workerList[0]?.pid ?? 0, 'SIGKILL');
      await died;
      expect(await result).toBe(bytes.length);
      expect(await Promise.all(hashes)).toEqual(behind.map(sha1));
    });
  });

  it('leaves no file behind', async () => {
    await withPool('payloads.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      const { result } = await started(pool, 'hang', noise(32 * MIB, 5));
      process.kill(pool.stats().workerList[0]?.pid ?? 0, 'SIGKILL');
      expect(await failure(result)).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      expect(leftFiles()).toEqual([]);
    });
  });
});

describe('a program killed with large values on their way', () => {
  it('leaves neither a worker nor a file behind', async () => {
    const program = new Program('passes-large-values.mjs');
    const worker = Number(await program.line());
    program.kill('SIGKILL');
    await program.end();
    await vanished([worker]);
    expect(leftFiles()).toEqual([]);
  });
});

describe.each(SHARED_MEMORY_KINDS)('transfer (%s)', (kind) => {
  it('moves a buffer: it is empty here as soon as the task has left', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const bytes = noise(MIB, 8);
      const hash = sha1(bytes);
      const result = pool.run('hash', bytes, { transfer: [bytes.buffer as ArrayBuffer] });
      await new Promise((resolve) => setImmediate(resolve));
      expect(bytes.length).toBe(0);
      expect(await result).toBe(hash);
    });
  });

  it('moves at the call, so that nothing that happens later reaches the task', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      pool.pause();
      const bytes = new Uint8Array(16);
      const hash = pool.run('hash', bytes, { transfer: [bytes.buffer] });
      expect(bytes.length).toBe(0);
      pool.resume();
      expect(await hash).toBe(await pool.run('hash', new Uint8Array(16)));
    });
  });

  it('moves what cannot be copied', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const port = (await pool.run('port')) as MessagePort;
      const answer = new Promise((resolve) => port.once('message', resolve));
      port.postMessage(21);
      expect(await answer).toBe(42);
      port.close();
      const { port1, port2 } = new MessageChannel();
      port2.close();
      expect(await failure(pool.run('same', port1))).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
      port1.close();
    });
  });

  it('fails only the task that asks for what cannot be moved', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const [{ port1 }, other] = [new MessageChannel(), new Uint8Array(8)];
      structuredClone(port1, { transfer: [port1] }).close();
      const inputs = [1, 2, 3].map((n) => pool.run('same', n));
      const moved = failure(pool.run('same', port1, { transfer: [port1] }));
      const right = pool.run('describe', other, { transfer: [other.buffer] });
      expect(await moved).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', details: { what: 'input' } });
      expect(await right).toMatchObject({ bytes: 8 });
      expect(await Promise.all(inputs)).toEqual([1, 2, 3]);
    });
  });

  it('rules out another try, since the input is gone', async () => {
    await withPool('payloads.mjs', { kind, workers: 1, retry: 3 }, async (pool) => {
      const bytes = new Uint8Array(8);
      const error = await failure(pool.run('failAtFirst', bytes, { transfer: [bytes.buffer] }));
      expect(error.message).toBe('first');
      expect(await pool.run('failAtFirst', new Uint8Array(8))).toBeUndefined();
      expect(pool.stats().tasks).toMatchObject({ completed: 1, failed: 1, retried: 1 });
    });
  });

  it('moves results that a handler marks with move()', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('moved', 1000)).toEqual(new Uint8Array(1000).fill(5));
      expect(await pool.run('keptBytes')).toBe(0);
      expect(await pool.run('movedInside', 1000)).toEqual({ data: new Uint8Array(1000).fill(6) });
      expect(await pool.run('keptBytes')).toBe(0);
    });
  });

  it('shares a SharedArrayBuffer', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const shared = new SharedArrayBuffer(8);
      await Promise.all([1, 2, 3].map(() => pool.run('increment', shared)));
      expect(new Int32Array(shared)[0]).toBe(3);
      expect((await pool.run('same', { shared })) as object).toMatchObject({
        shared: expect.any(SharedArrayBuffer) as object,
      });
    });
  });
});

describe.each(KINDS)('move() (%s)', (kind) => {
  it('gives the value whatever the kind', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('moved', 10)).toEqual(new Uint8Array(10).fill(5));
      expect(await pool.run('movedInside', 300_000)).toEqual({ data: new Uint8Array(300_000).fill(6) });
      expect(await pool.run('movedPart', 10)).toEqual(new Uint8Array(10).fill(7));
    });
  });

  it('fails a task that uses it inside another value, and no other', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const [good, error] = await Promise.all([pool.run('same', 1), failure(pool.run('movedWrongly'))]);
      expect(good).toBe(1);
      expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', details: { what: 'result' } });
      expect(error.message).toContain('move() marks a whole result only');
    });
  });
});

describe.each(SHARED_MEMORY_KINDS)('a result that cannot be moved (%s)', (kind) => {
  it('fails its own task', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const [error, ...others] = await Promise.all([
        failure(pool.run('movedTwice')),
        pool.run('moved', 8),
        pool.run('same', 2),
      ]);
      expect(isPoolError(error, 'ERR_NOT_SERIALIZABLE') && error.details.what).toBe('result');
      expect(others).toEqual([new Uint8Array(8).fill(5), 2]);
    });
  });
});

describe('between processes', () => {
  it('`transfer` copies, so the input stays, and may be sent again', async () => {
    await withPool('payloads.mjs', { kind: 'process', workers: 1, retry: 1 }, async (pool) => {
      const bytes = new Uint8Array(8);
      expect(await pool.run('failAtFirst', bytes, { transfer: [bytes.buffer] })).toBeUndefined();
      expect(bytes.length).toBe(8);
    });
  });

  it('shared memory and ports are refused, with what to do instead', async () => {
    await withPool('payloads.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      const { port1 } = new MessageChannel();
      const errors = await Promise.all([
        failure(pool.run('same', new SharedArrayBuffer(8))),
        failure(pool.run('same', { view: new Int32Array(new SharedArrayBuffer(8)) })),
        failure(pool.run('same', port1, { transfer: [port1] })),
      ]);
      for (const error of errors) expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
      expect(errors.map(({ message }) => /cannot be shared|belongs to this process/.test(message))).toEqual([
        true,
        true,
        true,
      ]);
      expect(errors.every(({ message }) => message.includes('kind "thread"'))).toBe(true);
      port1.close();
    });
  });

  it('a limit counts large buffers that do not pass through the link', async () => {
    await withPool('payloads.mjs', { kind: 'process', workers: 1, maxPayloadBytes: MIB }, async (pool) => {
      const details = { bytes: 2 * MIB, limitBytes: MIB };
      expect(await failure(pool.run('hash', { deep: Buffer.alloc(2 * MIB) }))).toMatchObject({
        code: 'ERR_PAYLOAD_TOO_LARGE',
        details: { what: 'input', ...details },
      });
      expect(await failure(pool.run('fill', { bytes: 2 * MIB, byte: 1 }))).toMatchObject({
        code: 'ERR_PAYLOAD_TOO_LARGE',
        details: { what: 'result', ...details },
      });
      const inputs = Array.from({ length: 8 }, (_, n) => noise(700_000, n));
      expect(await Promise.all(inputs.map((input) => pool.run('hash', input)))).toEqual(inputs.map(sha1));
    });
  });
});

describe.each(WORKER_KINDS)('a worker that dies with what was moved to it (%s)', (kind) => {
  it('fails that task, or lets it be sent again where its input was copied', async () => {
    await withPool('payloads.mjs', { kind, workers: 1, retry: 1, timeoutMs: 100, graceMs: 0 }, async (pool) => {
      const bytes = new Uint8Array(8);
      const { result } = await started(pool, 'hangAtFirst', bytes, { transfer: [bytes.buffer] });
      if (kind === 'process') expect(await result).toBe(8);
      else expect(await failure(result)).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
    });
  });
});
