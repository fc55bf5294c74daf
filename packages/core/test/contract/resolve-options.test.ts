import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../src/contract/call-options.js';
import { checkMapOptions, checkRunOptions } from '../../src/contract/check-options.js';
import { isPoolError, type PoolError } from '../../src/contract/errors.js';
import type { PoolOptions } from '../../src/contract/options.js';
import { resolveOptions } from '../../src/contract/resolve-options.js';
import { overrideSettings } from '../../src/contract/resolve-task.js';
import { USUAL_TASK_CACHE } from '../support/cached-calls.js';
import * as queueOptions from '../support/queue-options.js';

/** The ERR_OPTION that `call` throws. */
function refusal(call: () => unknown): PoolError<'ERR_OPTION'> {
  try {
    call();
  } catch (error) {
    if (isPoolError(error, 'ERR_OPTION')) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function resolve(options: unknown) {
  return resolveOptions(options as PoolOptions, 'worker');
}

const MILLISECONDS = 'a number of milliseconds of at least';
const RETRY = 'an integer of at least 0, or an object';

/** Option, wrong value, what it must be. */
const WRONG_POOL_OPTIONS: [option: string, value: unknown, phrase: string][] = [
  ['name', '', 'a non-empty string'],
  ['kind', 'fork', 'one of "process", "thread", "inline"'],
  ['workload', 'gpu', 'one of "auto", "cpu", "io", "mixed"'],
  ['workers', 0, 'an integer from 1 to 4096, or one of "auto", or an object'],
  [
    'workers',
    { min: -1 },
    'an integer from 1 to 4096, or one of "auto", or an object whose min is an integer from 0 to 4096',
  ],
  [
    'workers',
    { least: 1 },
    'an integer from 1 to 4096, or one of "auto", or an object of min, max, spare, idleMs (it has "least")',
  ],
  ['concurrency', 1001, 'an integer from 1 to 1000'],
  ['concurrency', 1.5, 'an integer from 1 to 1000'],
  ['prefetch', -1, 'an integer from 0 to 1000, or one of "auto"'],
  ['busyPollMs', 11, 'a number from 0 to 10'],
  ['queue', 5, 'an object'],
  ['queue.max', -1, 'an integer of at least 0, or Infinity'],
  ['queue.timeoutMs', 0, `${MILLISECONDS} 1`],
  ['timeoutMs', 0.5, `${MILLISECONDS} 1`],
  ['timeoutMs', NaN, `${MILLISECONDS} 1`],
  ['graceMs', -1, `${MILLISECONDS} 0`],
  ['retry', -1, RETRY],
  ['retry', { attempts: 0.5 }, `${RETRY} whose attempts is an integer of at least 0`],
  ['retry', {}, `${RETRY} with attempts`],
  ['retry', { on: () => true }, `${RETRY} with attempts`],
  ['queue', new Map([['max', 1]]), 'an object'],
  ['tasks', [], 'an object'],
  ['tasks', new Set(), 'an object'],
  ['retry', { attempts: 1, on: true }, `${RETRY} whose on is a function`],
  [
    'retry',
    { backoff: { baseMs: -1 } },
    `${RETRY} whose backoff is an object whose baseMs is a finite number of milliseconds of at least 0`,
  ],
  [
    'retry',
    { attempts: 1, backoff: { baseMs: Infinity } },
    `${RETRY} whose backoff is an object whose baseMs is a finite`,
  ],
  ['crash', null, 'an object'],
  ['crash.attempts', 0, 'an integer of at least 1'],
  ['restart.max', -1, 'an integer of at least 0'],
  ['restart.withinMs', 0, `${MILLISECONDS} 1`],
  ['startTimeoutMs', '5s', `${MILLISECONDS} 1`],
  ['cache', true, 'an object'],
  ['cache.max', 0, 'an integer from 1 to 1000000'],
  ['cache.max', 1e12, 'an integer from 1 to 1000000'],
  ['cache.ttlMs', -1, `${MILLISECONDS} 0`],
  ['cache.maxBytes', 0, 'an integer of at least 1'],
  ['cache.weak', 1, 'true or false'],
  ['cache.warm', 'disk', 'one of "store"'],
  ['cache.version', 2, 'a non-empty string'],
  ['cache.store', { folder: '' }, 'a store with get, set, delete and clear, or an object whose folder is a non-empty'],
  [
    'cache.store',
    { get: () => {} },
    'a store with get, set, delete and clear, or an object of folder, maxBytes (it has',
  ],
  ['tasks', 'all', 'an object'],
  ['tasks.resize', 5, 'an object'],
  ['tasks.resize.timeoutMs', 0, `${MILLISECONDS} 1`],
  ['tasks.resize.queueTimeoutMs', null, `${MILLISECONDS} 1`],
  ['tasks.resize.retry', 'twice', RETRY],
  ['retry', { attempts: 1, budget: 2 }, `${RETRY} whose budget is a number from 0 to 1`],
  ['retry', { attempts: 1, maxRetryAfterMs: Infinity }, `${RETRY} whose maxRetryAfterMs is a finite number`],
  ['breaker', true, 'false, or an object'],
  ['tasks.resize.breaker', { consecutive: 0 }, 'false, or an object whose consecutive is an integer of at least 1'],
  ['tasks.resize.breaker', { failureShare: 0 }, 'false, or an object whose failureShare is a number above 0, up to 1'],
  ['tasks.resize.breaker', { slowShare: NaN }, 'false, or an object whose slowShare is a number above 0, up to 1'],
  ['tasks.resize.breaker', { openMs: Infinity }, 'false, or an object whose openMs is a finite number'],
  ['tasks.resize.breaker', { probes: 0 }, 'false, or an object whose probes is an integer from 1 to 1000'],
  ['tasks.resize.breaker', { on: 'all' }, 'false, or an object whose on is a function'],
  ['tasks.resize.hedge', { after: 'p99' }, 'an object whose after is one of "p95", or a finite number'],
  ['tasks.resize.hedge', { max: 0 }, 'an object whose max is an integer from 1 to 10'],
  ['tasks.resize.hedge', { budget: 1.5 }, 'an object whose budget is a number from 0 to 1'],
  ['tasks.resize.cache', { key: 'id' }, 'true or false, or an object whose key is a function'],
  ['tasks.resize.cache', { staleIfErrorMs: -1 }, 'true or false, or an object whose staleIfErrorMs is a number of'],
  ['tasks.resize.cache', { failures: {} }, 'true or false, or an object whose failures is an object with ttlMs'],
  ['tasks.resize.cache', { share: 'ice' }, 'true or false, or an object whose share is one of "copy", "frozen"'],
  ['tasks.resize.cache', { tags: 'a' }, 'true or false, or an object whose tags is a list of at most 64 strings'],
  ['codec', { module: 5 }, 'one of "structured", or the URL of a module, or an object whose module is'],
  ['env', 'none', 'one of "inherit", "clean", or an object of strings'],
  ['env', { PORT: 80 }, 'one of "inherit", "clean", or an object of strings'],
  ['argv', '--fast', 'a list of strings'],
  ['execArgv', [1], 'a list of strings'],
  ['inspect', 9229, 'true or false'],
  ['slowMs', 0, `${MILLISECONDS} 1`],
  ['tasks.resize.slowMs', NaN, `${MILLISECONDS} 1`],
  ['workers', { idleMs: -1 }, 'an integer from 1 to 4096, or one of "auto", or an object whose idleMs is a number of'],
  ['perSlot', { env: {} }, 'a function'],
  ['health.memory', 80, 'a number from 0 to 1'],
  ['health.restarts', NaN, 'a number from 0 to Infinity'],
  ['health.queueAgeMs', -1, `${MILLISECONDS} 0`],
  ['resourceLimits', 64, 'an object'],
  ['resourceLimits.stackSizeMb', 0, 'a number above 0'],
  ['stdio', 'overlapped', 'one of "pipe", "stderr", "inherit", "ignore", "events"'],
  ['teardownMs', Infinity, 'a finite number of milliseconds of at least 0'],
  ['nice', 20, 'an integer from 0 to 19'],
  ['tasks.resize.exclusive', 1, 'true or false'],
];

/** { 'queue.max': 1 } becomes { queue: { max: 1 } }. */
function nested(path: string, value: unknown): Record<string, unknown> {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}

describe('resolveOptions', () => {
  it.each(WRONG_POOL_OPTIONS)('refuses %s = %j, saying what it must be', (option, value, phrase) => {
    const error = refusal(() => resolve(nested(option, value)));
    expect(error.details.option).toBe(option);
    expect(error.message).toMatch(`Option "${option}" must be ${phrase}`);
    expect(error.message).toMatch(/; received .+ \((number|string|object|boolean|null)\)\.$/);
  });

  it.each([
    [{ wokers: 2 }, 'Option "wokers" is unknown. Did you mean "workers"?'],
    [{ queue: { maxx: 2 } }, 'Option "queue.maxx" is unknown. Did you mean "max"?'],
    [{ tasks: { resize: { timeout: 2 } } }, 'Option "tasks.resize.timeout" is unknown. Did you mean "timeoutMs"?'],
    [{ crash: { limit: 2 } }, 'Option "crash.limit" is unknown. Known here: attempts.'],
    [{ maxThreads: 4 }, 'Option "maxThreads" is unknown. Here: workers: { max: n }.'],
    [{ minThreads: 1 }, 'Here: workers: { min: n }.'],
    [{ filename: './w.js' }, 'Here: the worker module is the first argument of new Pool().'],
    [{ idleTimeout: 5 }, 'Here: workers: { min, max, idleMs }.'],
    [{ concurrentTasksPerWorker: 2 }, 'Here: concurrency: n.'],
    [{ maxWorkers: 2 }, 'Here: workers: { max: n }.'],
    [{ workerTerminateTimeout: 2 }, 'Here: teardownMs: n, and graceMs: n for a handler that runs.'],
    [{ niceIncrement: 2 }, 'Here: nice: n.'],
    [{ taskTimeout: 2 }, 'Here: timeoutMs: n.'],
    [{ maxQueue: 2 }, 'Here: queue: { max: n }.'],
    [{ maxqueue: 2 }, 'Here: queue: { max: n }.'],
    [{ numWorkers: 2 }, 'Here: workers: n.'],
    [{ enableTasksQueue: true }, 'Here: a pool always has a queue; queue: { max: n } limits it.'],
    [{ startTimeout: 5 }, 'Did you mean "startTimeoutMs"?'],
    [{ constructor: 1 }, 'Option "constructor" is unknown.'],
  ])('refuses the unknown key of %j and names the nearest', (options, message) => {
    expect(refusal(() => resolve(options)).message).toMatch(message);
  });

  it.each(['toString', 'valueOf', 'constructor'])(
    'refuses %s, which every object inherits, inside of an option',
    (key) => {
      expect(refusal(() => resolve({ retry: { [key]: 1 } })).message).toMatch(`(it has "${key}")`);
    },
  );

  it.each([null, undefined, 5, 'thread', []])('refuses %j in place of the options', (options) => {
    expect(refusal(() => resolve(options)).message).toMatch('Option "options" must be an object');
  });

  it('refuses bounds that contradict each other', () => {
    expect(refusal(() => resolve({ workers: { min: 3, max: 2 } })).message).toBe(
      'Option "workers" has min 3 above max 2.',
    );
  });

  it('refuses rules of a circuit breaker that contradict each other', () => {
    const breaker = (rules: object): string =>
      refusal(() => resolve({ tasks: { resize: { breaker: rules } } })).message;
    expect(breaker({ slowShare: 0.5 })).toMatch('Option "tasks.resize.breaker.slowShare" needs slowMs');
    expect(breaker({ openMs: 50, maxOpenMs: 49 })).toBe(
      'Option "tasks.resize.breaker.maxOpenMs" is 49, below openMs 50.',
    );
    expect(refusal(() => resolve({ breaker: { slowShare: 1 } })).details.option).toBe('breaker.slowShare');
  });

  it('fills in the defaults of a circuit breaker', () => {
    const breakerOf = (breaker: object) => resolve({ tasks: { a: { breaker } } }).tasks.get('a')?.breaker;
    expect(breakerOf({})).toMatchObject({
      ...{ consecutive: 5, failureShare: Infinity, slowShare: Infinity, slowMs: Infinity, windowMs: 10_000 },
      ...{ minCalls: 20, openMs: 10_000, maxOpenMs: 10_000, probes: 1, probeMs: 10_000, crashes: false, dryRun: false },
    });
    expect(breakerOf({ failureShare: 0.5, openMs: 20 })).toMatchObject({ consecutive: Infinity, maxOpenMs: 20 });
    const { tasks, taskDefaults } = resolve({ breaker: { openMs: 5 }, tasks: { a: {}, b: { breaker: false } } });
    expect([taskDefaults, tasks.get('a'), tasks.get('b')].map((task) => task?.breaker?.openMs)).toEqual([
      5,
      5,
      undefined,
    ]);
  });

  it('refuses to run a task a second time that is not idempotent', () => {
    for (const own of [{}, { idempotent: false }]) {
      expect(refusal(() => resolve({ tasks: { resize: { ...own, hedge: {} } } })).message).toMatch(
        'Option "tasks.resize.hedge" needs idempotent: true',
      );
    }
    const { tasks } = resolve({ tasks: { resize: { idempotent: true, hedge: {} } } });
    expect(tasks.get('resize')?.hedge).toEqual({ after: 'p95', max: 1, budget: 0.05 });
  });

  it('refuses what the kind of pool cannot do', () => {
    const limits = { maxOldGenerationSizeMb: 64 };
    expect(refusal(() => resolve({ resourceLimits: limits })).details.option).toBe('resourceLimits');
    expect(refusal(() => resolve({ kind: 'inline', resourceLimits: limits })).details.option).toBe('resourceLimits');
    expect(refusal(() => resolve({ kind: 'inline', execArgv: [] })).details.option).toBe('execArgv');
    expect(resolve({ kind: 'thread', resourceLimits: limits }).resourceLimits).toEqual(limits);
    for (const kind of ['thread', 'inline'] as const) {
      expect(refusal(() => resolve({ kind, inspect: true })).message).toMatch(
        /"inspect" works only with kind "process"\. .* start it with `node --inspect`/,
      );
      expect(resolve({ kind, inspect: false }).inspect).toBe(false);
    }
  });

  it('fills in every default', () => {
    const { tasks, ...rest } = resolve({});
    expect(tasks.size).toBe(0);
    expect(rest).toEqual({
      name: 'worker',
      given: [],
      kind: 'process',
      workload: 'auto',
      workers: 'auto',
      concurrency: { min: 1, max: 512 },
      prefetch: 'auto',
      busyPollMs: availableParallelism() > 1 ? 0.1 : 0,
      queueMax: Infinity,
      graceMs: 500,
      teardownMs: 5000,
      timeoutStack: false,
      crashAttempts: 2,
      restart: { max: 10, withinMs: 30_000 },
      startTimeoutMs: 30_000,
      cache: undefined,
      taskDefaults: {
        timeoutMs: Infinity,
        queueTimeoutMs: Infinity,
        retry: { attempts: 0, on: undefined, baseMs: 100, maxMs: 5000, maxRetryAfterMs: 60_000 },
        cache: undefined,
        idempotent: false,
        exclusive: false,
        slowMs: Infinity,
        priority: 0,
      },
      env: 'inherit',
      argv: [],
      execArgv: undefined,
      inspect: false,
      nice: 0,
      resourceLimits: undefined,
      workerData: undefined,
      stdio: 'pipe',
      codec: 'structured',
      maxPayloadBytes: 2 ** 30,
      warmup: [],
      recycle: { afterTasks: undefined, afterMs: undefined, aboveRssBytes: undefined, onLeak: false, jitter: 0.1 },
      memory: { limitBytes: undefined, perWorkerBytes: undefined },
      health: {
        restarts: 5,
        queueAgeMs: 10_000,
        queueLength: Infinity,
        memory: 0.8,
        errorRate: 0.5,
        eventLoopLagMs: 500,
      },
    });
  });

  it.each([
    [{}, { min: 1, max: 512 }],
    [{ workers: 'auto' as const }, { min: 1, max: 512 }],
    [{ workers: { max: 3 } }, { min: 1, max: 512 }],
    // A fixed number of workers suits certain handlers, and these may not bear company.
    [{ workers: 3 }, { min: 1, max: 1 }],
    [
      { workers: 3, concurrency: 'auto' as const },
      { min: 1, max: 512 },
    ],
    [{ concurrency: 4 }, { min: 4, max: 4 }],
    [{ concurrency: { max: 20 } }, { min: 1, max: 20 }],
  ])('of %j makes tasks at once in a worker: %j', (options, range) => {
    expect(resolve(options).concurrency).toEqual(range);
  });

  it('takes undefined for not given', () => {
    const given = Object.fromEntries(['name', 'kind', 'queue', 'retry', 'tasks', 'env'].map((key) => [key, undefined]));
    expect(resolve(given)).toEqual(resolve({}));
    expect(resolve({ queue: { max: undefined }, retry: { attempts: undefined } })).toEqual(resolve({}));
    // Not a time without end.
    const failures = { ttlMs: undefined as never };
    expect(resolve({ tasks: { a: { cache: { failures } } } })).toEqual(resolve({ tasks: { a: { cache: true } } }));
  });

  it('takes an environment as Node has it, with variables that are undefined', () => {
    expect(resolve({ env: process.env }).env).toEqual({ ...process.env });
    expect(resolve({ env: { PORT: '80', HOST: undefined } }).env).toEqual({ PORT: '80', HOST: undefined });
  });

  it('takes only what is the own of an object of options, and of those within', () => {
    const inherited = { name: 'stolen', env: { A: '1' }, execArgv: ['--stolen'], inspect: 'yes', max: 9, spare: 64 };
    const own = (options: object): object => Object.assign(Object.create(inherited) as object, options);
    const clean = resolve({ workers: { min: 1 }, queue: { timeoutMs: 5 }, tasks: { a: { retry: { attempts: 1 } } } });
    const options = own({
      workers: own({ min: 1 }),
      queue: own({ timeoutMs: 5 }),
      tasks: { a: own({ retry: own({ attempts: 1 }) }) },
    });
    expect(resolve(options)).toEqual(clean);
    expect(resolve(options).workers).toEqual({ min: 1, max: undefined, spare: undefined, idleMs: undefined });
  });

  it('keeps lists and variables as they are now, whatever the caller does to its own', () => {
    const given = { env: { A: '1' } as Record<string, string>, argv: ['a'], execArgv: ['--no-warnings'] };
    const resolved = resolve(given);
    const limited = { maxOldGenerationSizeMb: 64 };
    const thread = resolve({ kind: 'thread', resourceLimits: limited });
    given.env['A'] = '2';
    given.argv.push('b');
    given.execArgv.length = 0;
    limited.maxOldGenerationSizeMb = 1;
    expect(resolved).toMatchObject({ env: { A: '1' }, argv: ['a'], execArgv: ['--no-warnings'] });
    expect(thread.resourceLimits).toMatchObject({ maxOldGenerationSizeMb: 64 });
  });

  it('reads nothing that Object.prototype was given', () => {
    const stolen = {
      name: 'stolen',
      env: { A: '1' },
      max: 9,
      timeoutMs: 7,
      attempts: 8,
      baseMs: 6,
      ttlMs: 5,
      times: 4,
    };
    const given = { queue: {}, retry: { attempts: 1, backoff: {} }, warmup: { tasks: [{ name: 'a' }] }, cache: {} };
    const clean = resolve(given);
    const descriptors = Object.entries(stolen).map(([key, value]) => [key, { value, configurable: true }]);
    Object.defineProperties(Object.prototype, Object.fromEntries(descriptors) as PropertyDescriptorMap);
    try {
      expect(resolve(given)).toEqual(clean);
      expect(checkRunOptions({}).timeoutMs).toBeUndefined();
      expect(checkMapOptions({ retry: { attempts: 1 } }).retry).toEqual({
        attempts: 1,
        on: undefined,
        backoff: undefined,
      });
    } finally {
      for (const key of Object.keys(stolen)) delete (Object.prototype as Record<string, unknown>)[key];
    }
  });

  it('leaves alone what is no option: data, and the URL of a codec', () => {
    const workerData = { a: { b: 1 } };
    const input = new Map();
    const resolved = resolve({
      workerData,
      warmup: { tasks: [{ name: 'a', input }] },
      codec: new URL('file:///c.mjs'),
    });
    expect(resolved.workerData).toBe(workerData);
    expect(resolved.warmup[0]?.input).toBe(input);
    expect(resolved.codec).toEqual({ moduleUrl: 'file:///c.mjs' });
  });

  it.each([
    ...[
      [],
      new Map(),
      new Set(),
      new WeakMap(),
      new Date(),
      /a/,
      new Error('a'),
      new URL('http://a'),
      new URLSearchParams(),
    ],
    ...[Promise.resolve(), new String(''), new Number(1), new ArrayBuffer(1), new Uint8Array(2), [].values()],
    ...[new AbortController().signal, new WeakRef({}), (function* () {})()],
  ])('says nothing by an object that holds its values in another way: %o', (value) => {
    for (const key of ['queue', 'tasks', 'crash', 'retry', 'memory', 'recycle', 'warmup', 'cache']) {
      expect(refusal(() => resolve({ [key]: value })).code).toBe('ERR_OPTION');
    }
    for (const check of [checkRunOptions, checkMapOptions]) {
      expect(refusal(() => check(value as RunOptions)).code).toBe('ERR_OPTION');
    }
  });

  it('may be an instance of a class, or what a module exports', () => {
    class Queue {
      max = 5;
      get [Symbol.toStringTag](): string {
        return 'Queue';
      }
    }
    expect(resolve({ queue: new Queue() }).queueMax).toBe(5);
    expect(resolve({ queue: Object.assign(Object.create(null) as object, { max: 6 }) }).queueMax).toBe(6);
    expect(resolve({ queue: queueOptions }).queueMax).toBe(7);
  });

  it('freezes what it gives', () => {
    const options = resolve({ tasks: { resize: { retry: 1 } } });
    const resize = options.tasks.get('resize');
    for (const part of [options, options.taskDefaults, resize, resize?.retry]) expect(Object.isFrozen(part)).toBe(true);
  });

  it('lets a task override the pool, and only in what it names', () => {
    const on = (): boolean => true;
    const options = resolve({
      timeoutMs: 1000,
      queue: { timeoutMs: 2000 },
      retry: { attempts: 3, on, backoff: { baseMs: 5 } },
      tasks: { quick: { timeoutMs: 10 }, once: { retry: 0, queueTimeoutMs: 20 } },
    });
    const retry = { attempts: 3, on, baseMs: 5, maxMs: 5000, maxRetryAfterMs: 60_000, budget: undefined };
    expect(options.tasks.get('quick')).toEqual({
      timeoutMs: 10,
      queueTimeoutMs: 2000,
      retry,
      batch: undefined,
      breaker: undefined,
      cache: undefined,
      hedge: undefined,
      shaping: undefined,
      idempotent: false,
      exclusive: false,
      slowMs: Infinity,
      priority: 0,
    });
    expect(options.tasks.get('once')).toMatchObject({ timeoutMs: 1000, queueTimeoutMs: 20, retry: { attempts: 0 } });
  });

  it('lets a task have its own slowMs, or none, whatever the pool has', () => {
    const options = resolve({ slowMs: 1000, tasks: { quick: { slowMs: 10 }, long: { slowMs: Infinity }, other: {} } });
    const slow = ['quick', 'long', 'other'].map((name) => options.tasks.get(name)?.slowMs);
    expect([options.taskDefaults.slowMs, ...slow]).toEqual([1000, 10, Infinity, 1000]);
  });

  it('derives the limits of health from those that end tasks and the pool', () => {
    const { health } = resolve({ restart: { max: 7 }, queue: { max: 50, timeoutMs: 4000 } });
    expect(health).toMatchObject({ restarts: 3, queueAgeMs: 2000, queueLength: 40 });
    const own = { restarts: 0, queueAgeMs: 5, queueLength: 6, memory: 0.5, errorRate: 0, eventLoopLagMs: 7 };
    expect(resolve({ restart: { max: 7 }, queue: { max: 50, timeoutMs: 4000 }, health: own }).health).toEqual(own);
  });

  it('refuses settings for each slot where there are no workers', () => {
    const error = refusal(() => resolve({ kind: 'inline', perSlot: () => ({}) }));
    expect(error.message).toMatch(/"perSlot" has no meaning for kind "inline"/);
  });

  it('makes a cache as soon as the pool or one task asks for it', () => {
    const usual = { max: 1000, maxBytes: 128 * 2 ** 20, ttlMs: 0, weak: false, isWarm: false };
    expect(resolve({ cache: {} }).cache).toEqual(usual);
    expect(resolve({ cache: { max: 5, ttlMs: 10, weak: true } }).cache).toEqual({
      ...usual,
      max: 5,
      ttlMs: 10,
      weak: true,
    });
    expect(resolve({ tasks: { a: { cache: false } } }).cache).toBeUndefined();
    const options = resolve({ tasks: { a: { cache: true }, b: { cache: { ttlMs: 7 } } } });
    expect(options.cache).toEqual(usual);
    expect(resolve({ cache: { ttlMs: Infinity } }).cache).toEqual(usual);
    expect(resolve({ tasks: { a: { cache: { ttlMs: Infinity } } } }).tasks.get('a')?.cache?.ttlMs).toBe(0);
    const usualTask = { ...USUAL_TASK_CACHE, path: 'tasks.a.cache' };
    expect(options.tasks.get('a')?.cache).toEqual(usualTask);
    expect(options.tasks.get('b')?.cache).toEqual({ ...usualTask, path: 'tasks.b.cache', ttlMs: 7 });
    expect(resolve({ cache: { ttlMs: 5 }, tasks: { a: { cache: true } } }).tasks.get('a')?.cache?.ttlMs).toBe(5);
  });

  it('takes a store of the program, whatever other properties it has', () => {
    class OwnStore extends Map {
      folder = 'mine';
    }
    const store = new OwnStore();
    expect(resolve({ cache: { store } }).cache?.store).toBe(store);
    expect(resolve({ cache: { store: { folder: 'x' } } }).cache?.store).toEqual({ folder: 'x' });
  });

  it('refuses a store that could not do what it is for', () => {
    expect(refusal(() => resolve({ cache: { warm: 'store' } })).message).toMatch('"cache.warm" needs cache.store');
    const options = { cache: { store: { folder: 'x' } }, codec: new URL('file:///c.mjs') };
    expect(refusal(() => resolve(options)).message).toMatch('"cache.store" needs codec "structured"');
  });

  it('answers any value of any option with settings or with ERR_OPTION for it', () => {
    const others = [
      'codec',
      'memory',
      'recycle',
      'warmup',
      'warmup.tasks',
      'maxPayloadBytes',
      'timeoutStack',
      'workerData',
    ];
    const names = [...new Set([...WRONG_POOL_OPTIONS.map(([option]) => option), ...others])];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.anything(), (option, value) => {
        try {
          resolve(nested(option, value));
        } catch (error) {
          if (!isPoolError(error, 'ERR_OPTION')) throw error;
          expect(error.details.option.startsWith(option.split('.')[0] as string)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the options of one call', () => {
  it.each([
    ['signal', {}, 'an AbortSignal'],
    ['timeoutMs', 0, `${MILLISECONDS} 1`],
    ['queueTimeoutMs', -1, `${MILLISECONDS} 1`],
    ['deadline', new Date(NaN), 'a valid Date or milliseconds since the epoch'],
    ['deadline', 'tomorrow', 'a valid Date or milliseconds since the epoch'],
    ['retry', 1.5, RETRY],
    ['cache', true, 'false, or an object'],
    ['cache', { ttlMs: -1 }, 'false, or an object whose ttlMs is a number of milliseconds of at least 0'],
    ['onProgress', 'log', 'a function'],
  ])('refuse %s = %j', (option, value, phrase) => {
    for (const check of [checkRunOptions, checkMapOptions]) {
      const error = refusal(() => check({ [option]: value }));
      expect(error.message).toMatch(`Option "${option}" must be ${phrase}; received`);
    }
  });

  it('of map alone include ordered and window', () => {
    checkMapOptions({ ordered: false, window: 1 });
    expect(refusal(() => checkRunOptions({ ordered: true } as RunOptions)).message).toMatch('"ordered" is unknown');
    expect(refusal(() => checkMapOptions({ ordered: 1 } as RunOptions)).message).toMatch('must be true or false');
    expect(refusal(() => checkMapOptions({ window: 0 })).message).toMatch('an integer of at least 1');
  });

  it('take every right value', () => {
    const signal = new AbortController().signal;
    const options = { timeoutMs: 1, queueTimeoutMs: Infinity, deadline: 0, retry: 0, cache: false, onProgress() {} };
    checkRunOptions({ signal, ...options } as RunOptions);
    checkRunOptions({ deadline: new Date(), retry: { attempts: 1 }, signal: undefined } as object);
  });

  it('override the settings of the task, and only in what they name', () => {
    const base = resolve({ tasks: { a: { timeoutMs: 5, retry: 2, cache: true } } }).tasks.get('a');
    if (base === undefined) throw new Error('no settings');
    expect(overrideSettings(base, {})).toEqual(base);
    expect(overrideSettings(base, { timeoutMs: 9 })).toEqual({ ...base, timeoutMs: 9 });
    expect(overrideSettings(base, { queueTimeoutMs: 9 })).toEqual({ ...base, queueTimeoutMs: 9 });
    expect(overrideSettings(base, { cache: false }).cache).toBeUndefined();
    expect(overrideSettings(base, { retry: 0 }).retry.attempts).toBe(0);
  });
});
