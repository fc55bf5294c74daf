import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { emptyModule } from '../support/wasm.js';
import { failure, withPool, WORKER_KINDS } from './pools.js';

const FIXTURE = 'keeps-promises.mjs';

/** Of which V8's serializer makes `{}`, or what is left of it, without a word. */
const EMPTY: [name: string, value: object, advice: RegExp][] = [
  ['URL', new URL('http://localhost/a'), /send its href/],
  ['URLSearchParams', new URLSearchParams('a=1'), /String\(params\)/],
  ['Headers', new Headers({ a: '1' }), /\[\.\.\.headers\]/],
  ['FormData', new FormData(), /\[\.\.\.form\]/],
  ['Request', new Request('http://localhost/a'), /its parts/],
  ['Response', new Response('text'), /text\(\)/],
  ['AbortSignal', new AbortController().signal, /option "signal"/],
  ['AbortController', new AbortController(), /option "signal"/],
  ['DOMException', new DOMException('text', 'AbortError'), /its name and message/],
];
const FOR_THREADS: [name: string, make: () => object][] = [
  ['Blob', () => new Blob(['text'])],
  ['File', () => new File(['text'], 'name')],
  ['BlockList', () => new BlockList()],
  ['Module', () => emptyModule()],
];

class Derived extends URL {
  note = 'of its own';
}

describe.each(WORKER_KINDS)('an object of the platform, kind %s,', (kind) => {
  it.each(EMPTY)(
    'that would arrive empty is refused, with its place and what to send: %s',
    async (name, value, advice) => {
      await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
        const places: [unknown, string][] = [
          [value, 'input'],
          [{ a: [1, { value }] }, 'input.a[1].value'],
          [new Map([['key', [value]]]), 'input.get("key")[0]'],
          [{ other: new Set([1]), value }, 'input.value'],
          [Object.assign(new Error('text'), { cause: value }), 'input.cause'],
        ];
        const options = { transfer: [new ArrayBuffer(8)] };
        const beside = await failure(pool.run('echo', { a: [value] }, options));
        expect(beside).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
        if (name !== 'DOMException') expect((beside as Error).message).toContain('input.a[0] is a');
        for (const [input, path] of places) {
          const error = await failure(pool.run('echo', input));
          expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
          expect((error as Error).message).toContain(`${path} is a`);
          expect((error as Error).message).toContain(name);
          expect((error as Error).message).toMatch(advice);
        }
      });
    },
  );

  it('of any other global class is refused where it has no property that would arrive', async () => {
    class Settings extends EventTarget {
      depth = 1;
    }
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      for (const empty of [
        new EventTarget(),
        new Event('a'),
        new TextEncoder(),
        performance.mark('a'),
        crypto.subtle,
      ]) {
        const error = await failure(pool.run('echo', [new Map([['empty', empty]])]));
        expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
        expect((error as Error).message).toMatch(/ input\[0\]\.get\("empty"\) is an? /);
      }
      expect(await pool.run('echo', new Settings())).toEqual({ depth: 1 });
      expect(await pool.run('echo', [new Map(), new Set(), new (class Marker {})(), new Uint8Array()])).toEqual([
        new Map(),
        new Set(),
        {},
        new Uint8Array(),
      ]);
    });
  });

  it('is found behind more parts than an error looks for', async () => {
    const parts = new Map(Array.from({ length: 20_000 }, (_, n) => [n, { n }] as [number, unknown]));
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const error = await failure(pool.run('echo', new Map([...parts, [-1, new URL('http://localhost')]])));
      expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
      expect((error as Error).message).toContain('is a URL');
      const sent = pool.run('nameOf', new Map([...parts, [1, new Blob(['text'])]]));
      if (kind === 'thread') expect(await sent).toBe('Blob');
      else expect(((await failure(sent)) as Error).message).toContain('is a Blob');
    });
  });

  it('is known by its class, not by a name: one derived from it is refused, and a class of the same name is not', async () => {
    class Headers {
      list = [1];
    }
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      expect(await failure(pool.run('echo', new Derived('http://localhost')))).toMatchObject({
        code: 'ERR_NOT_SERIALIZABLE',
      });
      expect(await pool.run('echo', new Headers())).toEqual({ list: [1] });
    });
  });

  it.each(FOR_THREADS)('that a port can carry reaches a thread, and is refused for a process: %s', async (_, make) => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      for (const input of [make(), { part: make() }, new Map([[1, make()]])]) {
        const sent = pool.run('nameOf', input);
        if (kind === 'thread') expect(await sent).toMatch(/^(Blob|File|BlockList|Module)$/);
        else expect(await failure(sent)).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
      }
    });
  });

  it('is no result that arrives empty either', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const error = await failure(pool.run('link'));
      expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
      expect((error as Error).message).toContain('result.link is a URL');
    });
  });
});
