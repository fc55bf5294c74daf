import { type CodecOption, isPoolError, Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, KINDS, withPool } from './pools.js';

const OWN = fixture('codecs/json-lines.mjs');
const CODECS: [string, CodecOption][] = [
  ['structured', 'structured'],
  ['one of its own', OWN],
];
const EVERY = KINDS.flatMap((kind) => CODECS.map(([name, codec]) => ({ kind, name, codec })));

const RECORD = { id: 7, name: 'seven', tags: ['a', 'b'], nested: { ok: true, none: null } };

describe.each(EVERY)('a pool of kind $kind with the codec $name', ({ kind, codec }) => {
  const options = { kind, codec, workers: 1 } as const;

  it('passes plain data both ways', async () => {
    await withPool('payloads.mjs', options, async (pool) => {
      expect(await pool.run('same', RECORD)).toEqual(RECORD);
      expect(await pool.run('same')).toBeUndefined();
      const many = Array.from({ length: 500 }, (_, n) => ({ ...RECORD, n }));
      expect(await Promise.all(many.map((record) => pool.run('same', record)))).toEqual(many);
    });
  });

  it('fails only the task whose input cannot be encoded', async () => {
    await withPool('payloads.mjs', options, async (pool) => {
      // JSON drops a function, and has no BigInt.
      const bad = codec === OWN ? 1n : () => {};
      const settled = await Promise.allSettled([1, bad, 'three', bad, 5].map((input) => pool.run('same', input)));
      expect(settled.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      const [, second] = settled as PromiseRejectedResult[];
      expect(isPoolError(second?.reason, 'ERR_NOT_SERIALIZABLE') && second.reason.details.what).toBe('input');
      expect(pool.stats().workerList).toMatchObject([{ id: 1 }]);
    });
  });

  it('fails only the task whose result cannot be encoded', async () => {
    await withPool('payloads.mjs', options, async (pool) => {
      const name = codec === OWN ? 'unencodable' : 'sendableUnless';
      const inputs = [1, 2, 3, 4].map((value) => ({ bad: value % 2 === 0, value }));
      const settled = await Promise.allSettled(inputs.map((input) => pool.run(name, input)));
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
      const [, second] = settled as PromiseRejectedResult[];
      expect(isPoolError(second?.reason, 'ERR_NOT_SERIALIZABLE') && second.reason.details.what).toBe('result');
      expect(pool.stats().workerList).toMatchObject([{ id: 1 }]);
    });
  });

  it('brings errors whole', async () => {
    await withPool('payloads.mjs', options, async (pool) => {
      const error = await failure(pool.run('throwsWith', 3));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'on purpose', value: 3, cause: new Map([[1, 2n]]) });
    });
  });

  it('brings progress by the same way', async () => {
    await withPool('payloads.mjs', options, async (pool) => {
      const heard: unknown[] = [];
      await pool.run('progress', RECORD, { onProgress: (value) => heard.push(value) });
      expect(heard).toEqual([RECORD]);
    });
  });

  it('refuses what is larger than maxPayloadBytes, with its size, and nothing beside it', async () => {
    await withPool('payloads.mjs', { ...options, maxPayloadBytes: 10_000 }, async (pool) => {
      const sizes = [100, 20_000, 6000, 6000, 6000];
      const texts = sizes.map((size) => 'x'.repeat(size));
      for (const what of ['input', 'result'] as const) {
        const settled = await Promise.allSettled(
          texts.map((text, at) => (what === 'input' ? pool.run('size', text) : pool.run('text', sizes[at]))),
        );
        expect(settled.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true]);
        const { reason } = settled[1] as PromiseRejectedResult;
        expect(isPoolError(reason, 'ERR_PAYLOAD_TOO_LARGE') && reason.details).toEqual({
          task: what === 'input' ? 'size' : 'text',
          what,
          bytes: expect.toSatisfy((bytes: number) => bytes >= 20_000 && bytes < 20_050) as number,
          limitBytes: 10_000,
        });
      }
    });
  });
});

describe.each(KINDS)('a value that its codec cannot decode (%s)', (kind) => {
  it('fails its own task, as input and as result', async () => {
    await withPool('payloads.mjs', { kind, codec: OWN, workers: 1 }, async (pool) => {
      const inputs = ['a', 'cannot be decoded', 'c'];
      const asInput = await Promise.allSettled(inputs.map((input) => pool.run('same', input)));
      const asResult = await Promise.allSettled(inputs.map((input) => pool.run('decodeLate', [...input])));
      for (const [what, settled] of [
        ['input', asInput],
        ['result', asResult],
      ] as const) {
        expect(settled.map((end) => (end.status === 'fulfilled' ? end.value : 'failed'))).toEqual(['a', 'failed', 'c']);
        const { reason } = settled[1] as PromiseRejectedResult;
        expect(isPoolError(reason, 'ERR_NOT_SERIALIZABLE') && reason.details.what).toBe(what);
      }
      expect(pool.stats().tasks).toMatchObject({ completed: 4, failed: 2 });
    });
  });
});

describe.each(KINDS)('a value of progress that its codec cannot decode (%s)', (kind) => {
  it('is counted as dropped, and its task and its worker go on', async () => {
    await withPool('reports-progress.mjs', { kind, codec: OWN, workers: 1 }, async (pool) => {
      const heard: unknown[] = [];
      const onProgress = (value: unknown): void => void heard.push(value);
      const values = ['a', 'cannot be decoded', 'c'];
      expect(await pool.run('tell', values, { onProgress })).toBe('told');
      expect(heard).toEqual(['a', 'c']);
      expect(pool.stats()).toMatchObject({ droppedProgress: 1, workerList: [{ id: 1 }] });
    });
  });
});

describe.each(KINDS)('an input nested so deeply that it cannot be read again (%s)', (kind) => {
  it('fails its own task; those beside it run', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const deep = (depth: number): unknown => Array.from({ length: depth }).reduce((inner) => ({ inner }), undefined);
      const inputs = [1, deep(5000), 2, deep(900), deep(50_000), 3];
      const settled = await Promise.allSettled(inputs.map((input) => pool.run('depth', input)));
      expect(
        settled.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as { code: unknown }).code)),
      ).toEqual([1, 'ERR_NOT_SERIALIZABLE', 2, 900, 'ERR_NOT_SERIALIZABLE', 3]);
      expect(pool.stats().workerList).toMatchObject([{ id: 1 }]);
    });
  });
});

describe('a codec that cannot be had', () => {
  it.each([
    [{ module: './nowhere.mjs' }, 'cannot be loaded'],
    [{ module: '.' }, 'names a folder'],
    [{ module: '/dev/null' }, 'names a device'],
    [fixture('codecs/no-decode.mjs'), 'exports no function decode()'],
    [fixture('codecs/awaits.mjs'), 'without top-level await'],
    [new URL('https://example.org/codec.mjs'), 'must be a file, not https:'],
    ['xml', 'structured'],
    ['msgpack', 'structured'],
    ['json', 'structured'],
    [{ module: 5 }, 'module'],
  ])('is refused at once: %o', (codec, reason) => {
    expect(() => new Pool(fixture('echo.mjs'), { codec: codec as CodecOption })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringContaining(reason) as string }),
    );
  });
});
