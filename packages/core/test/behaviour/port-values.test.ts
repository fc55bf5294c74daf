import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

const TEXT = 'ten bytes!';

/** Class, content and size of the memory of a Buffer. */
function told(value: unknown): unknown[] {
  const bytes = value as Buffer;
  return [Buffer.isBuffer(bytes), bytes.toString(), bytes.buffer.byteLength];
}

const WHOLE = [true, TEXT, TEXT.length];

describe.each(KINDS)('a Buffer, kind %s,', (kind) => {
  const options = { kind, workers: 1 };

  it('is a Buffer in the handler, with its own bytes only, when parts of the input move', async () => {
    await withPool('buffers.mjs', options, async (pool) => {
      const whole = Buffer.from(new TextEncoder().encode(TEXT).buffer);
      expect(await pool.run('told', whole, { transfer: [whole.buffer] })).toEqual(WHOLE);
      const moved = new ArrayBuffer(8);
      const input = { buffer: Buffer.from(TEXT), moved };
      expect(await pool.run('toldInside', input, { transfer: [moved] })).toEqual(WHOLE);
    });
  });

  it('is a Buffer for the caller, with its own bytes only, when a handler moves it or a part beside it', async () => {
    await withPool('buffers.mjs', options, async (pool) => {
      expect(told(await pool.run('moved', TEXT))).toEqual(WHOLE);
      expect(told(((await pool.run('movedBeside', TEXT)) as { buffer: Buffer }).buffer)).toEqual(WHOLE);
      const progress: unknown[] = [];
      await pool.run('reported', TEXT, { onProgress: (value) => progress.push(value) });
      expect(progress.map(told)).toEqual([WHOLE]);
    });
  });

  it('is a Buffer in workerData and in warm-up calls, with its own bytes only', async () => {
    const warmup = { tasks: [{ name: 'keep', input: Buffer.from(TEXT) }] };
    // Modules of kind 'inline' load once in a process: each kind needs its own.
    await withPool(`buffers.mjs?${kind}`, { ...options, workerData: Buffer.from(TEXT), warmup }, async (pool) => {
      expect(await pool.run('toldData')).toEqual(WHOLE);
      expect(await pool.run('toldKept')).toEqual(WHOLE);
    });
  });
});

describe.each(['thread', 'inline'] as const)('a value with shared memory, kind %s,', (kind) => {
  it('keeps its Buffers, there and back', async () => {
    await withPool('buffers.mjs', { kind, workers: 1 }, async (pool) => {
      const input = { buffer: Buffer.from(TEXT), shared: new SharedArrayBuffer(8) };
      expect(await pool.run('toldInside', input)).toEqual(WHOLE);
      const back = (await pool.run('same', input)) as typeof input;
      expect(told(back.buffer)).toEqual(WHOLE);
      new Uint8Array(back.shared)[0] = 1;
      expect(new Uint8Array(input.shared)[0]).toBe(1);
    });
  });

  it('keeps its Buffers as the reason of an abort', async () => {
    await withPool('buffers.mjs', { kind, workers: 1 }, async (pool) => {
      const controller = new AbortController();
      const reason = { buffer: Buffer.from(TEXT), shared: new SharedArrayBuffer(8) };
      const onProgress = (): void => controller.abort(reason);
      const run = pool.run('untilAborted', 0, { signal: controller.signal, onProgress });
      await expect(run).rejects.toBe(reason);
      expect(await pool.run('toldReason')).toEqual(WHOLE);
    });
  });
});

describe.each(KINDS)('a value that cannot be sent, beside memory that moves, kind %s,', (kind) => {
  it('is refused with its place, as an input, a result and progress', async () => {
    await withPool('buffers.mjs', { kind, workers: 1 }, async (pool) => {
      const memory = new ArrayBuffer(8);
      const input = { memory, deep: [() => {}] };
      const refusal = 'deep[0] is a function, which cannot be sent.';
      expect(await failure(pool.run('told', input, { transfer: [memory] }))).toMatchObject({
        code: 'ERR_NOT_SERIALIZABLE',
        details: { reason: `input.${refusal}` },
      });
      expect(memory.byteLength).toBe(8);
      expect(await failure(pool.run('returnsFunction'))).toMatchObject({
        code: 'ERR_NOT_SERIALIZABLE',
        details: { reason: `result.${refusal}` },
      });
      expect(await pool.run('reportsFunction', undefined, { onProgress() {} })).toEqual([true, `value.${refusal}`]);
    });
  });

  it('is refused for what it is, also beside shared memory', async () => {
    await withPool('buffers.mjs', { kind, workers: 1 }, async (pool) => {
      const error = await failure(pool.run('told', { shared: new SharedArrayBuffer(8), bad: () => {} }));
      const reason = kind === 'process' ? /^input\.shared is a SharedArrayBuffer/ : /^input\.bad is a function/;
      expect(error).toMatchObject({ details: { reason: expect.stringMatching(reason) as string } });
    });
  });
});
