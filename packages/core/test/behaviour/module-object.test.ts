import { fileURLToPath } from 'node:url';
import { defineWorker, move, Pool, type PoolKind, type PoolOptions, type TaskContext } from '@millpond/core';
import { batch } from '@millpond/core/worker';
import { describe, expect, it, vi } from 'vitest';
import { failure, fixture } from './pools.js';
import { withFolder } from './temp.js';

/** Runs `body` with an inline pool of these handlers. */
async function withObject<W extends object>(
  handlers: W,
  body: (pool: Pool<W>) => Promise<void>,
  options: PoolOptions<NoInfer<W>> = {},
): Promise<void> {
  const pool = new Pool<W>(handlers, { ...options, kind: 'inline' });
  try {
    await body(pool);
  } finally {
    await pool.close();
  }
}

describe('an inline pool of a module object', () => {
  it('runs its functions in this thread, with copies of inputs and results', async () => {
    const seen: object[] = [];
    const handlers = {
      keep(input: { n: number }) {
        seen.push(input);
        return input;
      },
    };
    await withObject(handlers, async (pool) => {
      const input = { n: 1 };
      const result = await pool.run('keep', input);
      expect(result).toEqual({ n: 1 });
      expect(seen).toEqual([{ n: 1 }]);
      expect(seen[0] === input || result === input || result === seen[0]).toBe(false);
      expect(pool.name).toBe('inline');
    });
  });

  it('takes the namespace of a module that the program has imported', async () => {
    const echo = (await import(fixture('echo.mjs').href)) as { echo(input: unknown): unknown };
    await withObject(echo, async (pool) => {
      expect(await pool.run('echo', 'x')).toBe('x');
    });
  });

  it('takes the functions of a default export, as of a CommonJS module', async () => {
    await withObject({ default: { double: (n: number) => 2 * n } }, async (pool) => {
      expect(await (pool as Pool).run('double', 4)).toBe(8);
    });
  });

  it('runs the hooks of its worker, and gives handlers their data', async () => {
    const steps: string[] = [];
    const worker = defineWorker({
      setup({ workerData }: { workerData: { rate: number } }) {
        steps.push('setup');
        return workerData.rate;
      },
      warmup: () => void steps.push('warmup'),
      teardown: () => void steps.push('teardown'),
    });
    const price = (amount: number, ctx: TaskContext<typeof worker>): number => amount * ctx.data;
    await withObject({ worker, price }, async (pool) => expect(await pool.run('price', 3)).toBe(6), {
      workerData: { rate: 2 },
    });
    expect(steps).toEqual(['setup', 'warmup', 'teardown']);
  });

  it('calls a mock, also one that takes the place of a function later', async () => {
    const handlers = { add: (n: number): number => n + 1, mocked: vi.fn((n: number) => n + 10) };
    await withObject(handlers, async (pool) => {
      expect(await Promise.all([pool.run('add', 1), pool.run('mocked', 1)])).toEqual([2, 11]);
      expect(handlers.mocked).toHaveBeenCalledWith(1, expect.objectContaining({ attempt: 1 }));
      const spy = vi.spyOn(handlers, 'add').mockReturnValue(99);
      expect(await pool.run('add', 1)).toBe(99);
      expect(spy).toHaveBeenCalledOnce();
      spy.mockRestore();
      expect(await pool.run('add', 1)).toBe(2);
      handlers.mocked.mockRejectedValueOnce(new RangeError('as told'));
      expect(await failure(pool.run('mocked', 1))).toMatchObject({ name: 'RangeError', message: 'as told' });
    });
  });

  it('calls a mock that takes the place of another mock, or of a function with properties', async () => {
    const handlers = {
      mocked: vi.fn((n: number) => n + 10),
      marked: Object.assign((n: number) => n, { version: 1 }),
    };
    await withObject(handlers, async (pool) => {
      expect([await pool.run('mocked', 1), await pool.run('marked', 1)]).toEqual([11, 1]);
      handlers.mocked = vi.fn((n: number) => n + 20);
      handlers.marked = vi.fn((n: number) => n + 30) as never;
      expect([await pool.run('mocked', 1), await pool.run('marked', 1)]).toEqual([21, 31]);
    });
  });

  it('takes a default export that is a function with others on it, and changes neither', async () => {
    const add = (n: number): number => n + 1;
    const whole = Object.assign((n: number) => 2 * n, { add });
    await withObject({ default: whole }, async (pool) => {
      const untyped = pool as unknown as Pool;
      expect([await untyped.run('default', 4), await untyped.run('add', 4)]).toEqual([8, 5]);
      expect(whole.add).toBe(add);
      const spy = vi.spyOn(whole, 'add').mockReturnValue(99);
      expect(await untyped.run('add', 4)).toBe(99);
      spy.mockRestore();
    });
  });

  it('may be frozen, with all that it holds', async () => {
    const inside = Object.freeze(Object.assign((n: number) => n, { double: (n: number) => 2 * n }));
    await withObject(Object.freeze({ default: inside, add: (n: number) => n + 1 }), async (pool) => {
      const untyped = pool as unknown as Pool;
      expect([await untyped.run('add', 1), await untyped.run('double', 2)]).toEqual([2, 4]);
    });
  });

  it('may give its functions by getters, which are read at each call', async () => {
    let factor = 2;
    const handlers = {
      get times(): (n: number) => number {
        const own = factor;
        return (n) => own * n;
      },
    };
    await withObject(handlers, async (pool) => {
      expect(await pool.run('times', 3)).toBe(6);
      factor = 5;
      expect(await pool.run('times', 3)).toBe(15);
    });
  });

  it('may refuse to be asked for what it has not, as the mocks of some test runners do', async () => {
    const mock = new Proxy(
      { add: vi.fn((n: number) => n + 1) },
      {
        get(target, name) {
          if (typeof name === 'string' && !(name in target))
            throw new Error(`No "${name}" export is defined on the mock.`);
          return Reflect.get(target, name) as unknown;
        },
      },
    );
    await withObject(mock, async (pool) => expect(await pool.run('add', 1)).toBe(2));
  });

  it('takes a module that a test runner has replaced as a whole', async () => {
    const path = fileURLToPath(fixture('triples.mjs'));
    vi.doMock(path, () => ({ triple: vi.fn(() => 'mocked') }));
    const mock = (await import(path)) as { triple(n: number): unknown };
    vi.doUnmock(path);
    await withObject(mock, async (pool) => expect(await pool.run('triple', 1)).toBe('mocked'));
  });

  it('has classes as handlers that cannot be called, as any module has', async () => {
    class Model {
      static version = 1;
    }
    await withObject({ Model, work: () => 1 }, async (pool) => {
      expect(await failure((pool as unknown as Pool).run('Model'))).toMatchObject({ name: 'TypeError' });
      expect(await pool.run('work')).toBe(1);
    });
  });

  it('takes batches of functions that batch() made', async () => {
    const sizes: number[] = [];
    const square = batch({ maxSize: 3 }, (inputs: number[]) => {
      sizes.push(inputs.length);
      return inputs.map((n) => n * n);
    });
    await withObject({ square }, async (pool) => {
      await pool.ready();
      expect(await Promise.all([1, 2, 3].map((n) => pool.run('square', n)))).toEqual([1, 4, 9]);
      expect(sizes).toEqual([3]);
    });
  });

  it('says which handler is gone', async () => {
    const handlers: Record<string, unknown> = { gone: () => 1, stays: () => 2 };
    await withObject(handlers, async (pool) => {
      const untyped = pool as unknown as Pool;
      expect(await untyped.run('gone')).toBe(1);
      handlers['gone'] = 'a text';
      expect(await failure(untyped.run('gone'))).toMatchObject({
        name: 'TypeError',
        message: 'The handler "gone" of the given object is not a function any more.',
      });
      expect(await untyped.run('stays')).toBe(2);
    });
  });

  it('has the errors, retries, progress, cancellation and moves of any pool', async () => {
    const handlers = {
      failOnce(_input: undefined, { attempt, progress }: TaskContext) {
        progress(attempt);
        if (attempt === 1) throw new Error('once');
        return attempt;
      },
      untilAborted: (_input: undefined, { signal, progress }: TaskContext) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('heard')));
          progress('begun');
        }),
      length: (bytes: Uint8Array) => move(bytes),
    };
    await withObject(handlers, async (pool) => {
      const attempts: unknown[] = [];
      const onProgress = (attempt: unknown): void => void attempts.push(attempt);
      expect(
        await pool.run('failOnce', undefined, { retry: { attempts: 1, backoff: { baseMs: 0 } }, onProgress }),
      ).toBe(2);
      expect(attempts).toEqual([1, 2]);
      const controller = new AbortController();
      const aborted = pool.run('untilAborted', undefined, {
        signal: controller.signal,
        onProgress: () => controller.abort(new Error('enough')),
      });
      expect(await failure(aborted)).toMatchObject({ message: 'enough' });
      const bytes = new Uint8Array(8);
      expect(await pool.run('length', bytes, { transfer: [bytes.buffer] })).toHaveLength(8);
      expect(bytes).toHaveLength(0);
      expect(await failure((pool as unknown as Pool).run('lenght', 1))).toMatchObject({
        code: 'ERR_TASK_NOT_FOUND',
        details: { module: '(the given object)', nearest: 'length' },
      });
    });
  });

  it('explains a setup that throws', async () => {
    const worker = defineWorker({
      setup() {
        throw new Error('no model');
      },
    });
    const pool = new Pool({ worker, work: () => 1 }, { kind: 'inline' });
    expect(await failure(pool.ready())).toMatchObject({
      code: 'ERR_POOL_FAILED',
      cause: { code: 'ERR_WORKER_START', details: { module: '(the given object)', phase: 'setup' } },
    });
    await pool.close();
  });

  it('is replaced by recycle(), over the same object', async () => {
    let setups = 0;
    const worker = defineWorker({ setup: () => ++setups });
    await withObject({ worker, told: (_: undefined, { data }: TaskContext<typeof worker>) => data }, async (pool) => {
      expect(await pool.run('told')).toBe(1);
      await pool.recycle();
      expect(await pool.run('told')).toBe(2);
    });
  });

  it('has a cache whose stored results belong to these functions', async () => {
    await withFolder(async (folder) => {
      const answer = async (of: (n: number) => number): Promise<number> => {
        let result = 0;
        await withObject({ compute: of }, async (pool) => void (result = await pool.run('compute', 1)), {
          cache: { store: { folder } },
          tasks: { compute: { cache: true } },
        });
        return result;
      };
      expect(await answer((n) => n + 1)).toBe(2);
      expect(await answer((n) => n + 2)).toBe(3);
    });
  });

  it.each([
    ['in a default export', (of: (n: number) => number) => ({ default: { compute: of } })],
    [
      'of batches',
      (of: (n: number) => number) => ({
        // The code of both is the same, but for what is computed.
        compute:
          of(0) === 1
            ? batch({ maxSize: 2 }, (inputs: number[]) => inputs.map((n) => n + 1))
            : batch({ maxSize: 2 }, (inputs: number[]) => inputs.map((n) => n + 2)),
      }),
    ],
  ])('has no old results of functions %s', async (_, handlersOf) => {
    await withFolder(async (folder) => {
      const answer = async (of: (n: number) => number): Promise<unknown> => {
        let result: unknown;
        await withObject(
          handlersOf(of) as object,
          async (pool) => void (result = await (pool as Pool).run('compute', 1)),
          {
            cache: { store: { folder } },
            tasks: { compute: { cache: true } },
          },
        );
        return result;
      };
      expect([await answer((n) => n + 1), await answer((n) => n + 2)]).toEqual([2, 3]);
    });
  });
});

describe('a module object', () => {
  it.each<PoolKind | undefined>(['process', 'thread', undefined])('is refused for kind %s', (kind) => {
    const open = () => new Pool({ work: () => 1 }, (kind === undefined ? {} : { kind }) as { kind: 'inline' });
    expect(open).toThrow(
      `Option "worker" is an object of functions, and kind "${kind ?? 'process'}" cannot run these: each worker loads the ` +
        'module by itself. Give the path or URL of its file, or set kind: "inline".',
    );
  });

  it.each([
    ['options in its place', { kind: 'inline' }],
    ['nothing', {}],
    ['values only', { default: { n: 1 } }],
  ])('is refused when it holds %s', (_, object) => {
    expect(() => new Pool(object as never, { kind: 'inline' })).toThrow(
      /^Option "worker" must be the path or URL of a module, or an object of functions for kind "inline"; received \{/,
    );
  });

  it('is no URL of another realm, which names a file as any URL does', async () => {
    const url = { href: fixture('echo.mjs').href, [Symbol.toStringTag]: 'URL' };
    const pool = new Pool(url as never, { kind: 'inline' });
    expect([await pool.run('echo', 1), pool.name]).toEqual([1, 'echo']);
    await pool.close();
  });

  it.each([[null], [[() => 1]], [5], [() => 1]])('is refused when it is no object of functions: %s', (worker) => {
    expect(() => new Pool(worker as never, { kind: 'inline' })).toThrow(/^Option "worker" must be the path or URL/);
  });
});
