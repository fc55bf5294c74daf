// Checked by tsc; never run. Every @ts-expect-error is an error that a user must get.
import {
  type DataOf,
  defineWorker,
  isPoolError,
  Pool,
  type PoolOptions,
  type SettledTask,
  type TaskContext,
  type TaskName,
  type WorkerDataOf,
  type WorkerDefinition,
} from '@millpond/core';
import * as fromWorkerEntry from '@millpond/core/worker';
import { expectTypeOf } from 'expect-type';
import type * as handlers from './typed-handlers.js';
import type * as lookup from './typed-worker-data.js';
import type { Settings, worker as lookingUp } from './typed-worker-data.js';

declare const pool: Pool<typeof handlers>;
declare const untyped: Pool;

// Names: every exported function, the default one too, and nothing else.
expectTypeOf<TaskName<typeof handlers>>().toEqualTypeOf<
  'area' | 'fetchPage' | 'now' | 'greet' | 'either' | 'withContextOnly' | 'default'
>();
// @ts-expect-error no such export
void pool.run('volume', {});
// @ts-expect-error not a function
void pool.run('notAHandler', 5);
// @ts-expect-error the lifecycle is no handler
void pool.run('worker', undefined);

// Outputs, awaited.
expectTypeOf(pool.run('area', { width: 1, height: 2 })).toEqualTypeOf<Promise<number>>();
expectTypeOf(pool.run('fetchPage', 'x')).toEqualTypeOf<Promise<{ url: string; layers: number }>>();
expectTypeOf(pool.run('default', new Uint8Array())).resolves.toExtend<Uint8Array>();
expectTypeOf(pool.broadcast('area', { width: 1, height: 2 })).toEqualTypeOf<Promise<number[]>>();

// Inputs.
// @ts-expect-error a property is missing
void pool.run('area', { width: 1 });
// @ts-expect-error a property has the wrong type
void pool.run('area', { width: 1, height: '2' });
// @ts-expect-error not a string
void pool.run('fetchPage', 5);
// @ts-expect-error it takes an input
void pool.run('area');

// The input may be left out where the handler takes none, or may do without.
expectTypeOf(pool.run('now')).toEqualTypeOf<Promise<Date>>();
expectTypeOf(pool.run('greet')).toEqualTypeOf<Promise<string>>();
void pool.run('greet', 'you');
void pool.run('either');
void pool.run('withContextOnly');
void pool.run('now', undefined, { timeoutMs: 5 });
// @ts-expect-error it takes no input
void pool.run('now', 5);

// Options of a call.
const { signal } = new AbortController();
void pool.run('area', { width: 1, height: 2 }, { signal, deadline: new Date(), retry: 2, cache: false });
// @ts-expect-error no such option
void pool.run('area', { width: 1, height: 2 }, { timeout: 5 });
// @ts-expect-error only false: whether a task is cached is said once, for the task
void pool.run('area', { width: 1, height: 2 }, { cache: true });
// @ts-expect-error not an option of run
void pool.run('area', { width: 1, height: 2 }, { ordered: false });
// @ts-expect-error not an option of broadcast
void pool.broadcast('area', { width: 1, height: 2 }, { retry: 2 });

// map and mapSettled.
expectTypeOf(pool.map('greet', ['a', 'b'])).toExtend<AsyncIterable<string>>();
expectTypeOf(pool.map('area', new Set([{ width: 1, height: 2 }]), { ordered: false })).toExtend<
  AsyncIterable<number>
>();
declare const lines: AsyncIterable<string>;
void pool.map('fetchPage', lines);
// @ts-expect-error wrong inputs
void pool.map('area', ['a']);
expectTypeOf(pool.mapSettled('greet', ['a'])).toExtend<AsyncIterable<SettledTask<string | undefined, string>>>();
async function told(): Promise<void> {
  for await (const end of pool.mapSettled('area', [{ width: 1, height: 2 }])) {
    expectTypeOf(end.input).toEqualTypeOf<{ width: number; height: number }>();
    if (end.status === 'fulfilled') expectTypeOf(end.value).toEqualTypeOf<number>();
    else expectTypeOf(end.reason).toEqualTypeOf<unknown>();
    // @ts-expect-error there is no value before the status is known
    void end.value;
  }
}
void told;

// Without a type, a pool takes any name and any input.
void untyped.run('anything', { at: 'all' }, { timeoutMs: 5 });
void untyped.run('anything');
void untyped.map('anything', [1, 'a', null]);
void untyped.broadcast('anything', 5);

// Options of a pool.
void new Pool<typeof handlers>(new URL('file:///w.js'), { workers: { min: 1, max: 4 }, kind: 'thread' });
// @ts-expect-error no such kind
void new Pool('./w.js', { kind: 'fork' });
// @ts-expect-error misspelt
void new Pool('./w.js', { wokers: 2 });
// @ts-expect-error the module must be named
void new Pool();
void new Pool<typeof handlers>('./w.js', {
  tasks: { area: { timeoutMs: 5, cache: { key: ({ width }) => String(width) } }, default: { retry: 1 } },
  warmup: {
    tasks: [
      { name: 'area', input: { width: 1, height: 2 } },
      { name: 'now', times: 3 },
    ],
  },
});
// @ts-expect-error no such task
void new Pool<typeof handlers>('./w.js', { tasks: { rendr: {} } });
// @ts-expect-error not a function
void new Pool<typeof handlers>('./w.js', { tasks: { settings: {} } });
// @ts-expect-error no such task
void new Pool<typeof handlers>('./w.js', { warmup: { tasks: [{ name: 'rendr' }] } });
// @ts-expect-error wrong input
void new Pool<typeof handlers>('./w.js', { warmup: { tasks: [{ name: 'area', input: 5 }] } });
// Without a type, any names. Options say nothing of the module.
const free = new Pool('./w.js', { tasks: { any: { retry: 1 } }, warmup: { tasks: [{ name: 'other', input: 5 }] } });
expectTypeOf(free).toEqualTypeOf<Pool>();
const shared: PoolOptions<typeof handlers> = { workers: 2, tasks: { area: { timeoutMs: 5 } } };
void new Pool<typeof handlers>('./w.js', shared);

// The lifecycle of a worker types its data: in its hooks, and in handlers that name it.
const lifecycle = defineWorker({
  async setup(ctx) {
    expectTypeOf(ctx.data).toEqualTypeOf<unknown>();
    return { layers: 3 };
  },
  warmup(ctx) {
    expectTypeOf(ctx.data).toEqualTypeOf<{ layers: number }>();
  },
  onMemoryPressure(level, ctx) {
    expectTypeOf(level).toEqualTypeOf<'elevated' | 'high' | 'critical'>();
    expectTypeOf(ctx.data.layers).toEqualTypeOf<number>();
  },
  teardown({ data }) {
    // @ts-expect-error setup returns no such thing
    void data.width;
  },
});
void lifecycle;
expectTypeOf<DataOf<typeof lifecycle>>().toEqualTypeOf<{ layers: number }>();
expectTypeOf<TaskContext<typeof lifecycle>['data']>().toEqualTypeOf<{ layers: number }>();
expectTypeOf<TaskContext<{ layers: number }>['data']>().toEqualTypeOf<{ layers: number }>();
expectTypeOf<TaskContext['data']>().toEqualTypeOf<unknown>();
const immediate = defineWorker({ setup: () => 'text', teardown: ({ data }) => data.length });
void immediate;
expectTypeOf<DataOf<typeof immediate>>().toEqualTypeOf<string>();
const withoutSetup = defineWorker({ warmup() {} });
void withoutSetup;
expectTypeOf<DataOf<typeof withoutSetup>>().toEqualTypeOf<undefined>();

// A broadcast needs an input where run does.
void pool.broadcast('now');
void pool.broadcast('greet', undefined, { timeoutMs: 5 });
// @ts-expect-error it takes an input
void pool.broadcast('area');

// Events.
pool.on('worker:ready', ({ workerId, pid, threadId, bootMs }) => {
  expectTypeOf(threadId).toEqualTypeOf<number | undefined>();
  expectTypeOf(workerId).toEqualTypeOf<number>();
  expectTypeOf(pid).toEqualTypeOf<number | undefined>();
  expectTypeOf(bootMs).toEqualTypeOf<number>();
});
pool.on('worker:exited', ({ signal: by, expected }) => {
  expectTypeOf(by).toEqualTypeOf<NodeJS.Signals | null>();
  expectTypeOf(expected).toEqualTypeOf<boolean>();
});
// @ts-expect-error no such event
pool.on('worker:died', () => {});

// Errors: the code gives the details.
declare const error: unknown;
if (isPoolError(error, 'ERR_QUEUE_FULL')) {
  expectTypeOf(error.code).toEqualTypeOf<'ERR_QUEUE_FULL'>();
  expectTypeOf(error.details.max).toEqualTypeOf<number>();
}
if (isPoolError(error)) {
  // @ts-expect-error which details there are depends on the code
  void error.details.max;
}

// A pool ends with its scope.
expectTypeOf(pool).toExtend<AsyncDisposable>();

// An environment as Node has it.
new Pool('./worker.js', { env: process.env });
new Pool('./worker.js', { env: { ...process.env, PORT: undefined } });
// @ts-expect-error not text
new Pool('./worker.js', { env: { PORT: 80 } });

// A worker module may say of which type its workerData is: in hooks, in handlers, and for the pools that run it.
expectTypeOf<WorkerDataOf<typeof lookingUp>>().toEqualTypeOf<Settings>();
expectTypeOf<WorkerDataOf<typeof lookup>>().toEqualTypeOf<Settings>();
expectTypeOf<DataOf<typeof lookingUp>>().toEqualTypeOf<Map<string, number>>();
expectTypeOf<TaskContext<typeof lookingUp>['workerData']>().toEqualTypeOf<Settings>();
expectTypeOf<TaskContext<typeof lookingUp>['data']>().toEqualTypeOf<Map<string, number>>();
expectTypeOf<TaskContext['workerData']>().toEqualTypeOf<unknown>();
expectTypeOf<PoolOptions<typeof lookup>['workerData']>().toEqualTypeOf<Settings | undefined>();
const words = new Pool<typeof lookup>('./w.js', { workerData: { path: '/words', rows: 5 } });
expectTypeOf(words.run('find', 'pond')).resolves.toEqualTypeOf<number | undefined>();
// @ts-expect-error a property is missing
void new Pool<typeof lookup>('./w.js', { workerData: { path: '/words' } });
// @ts-expect-error a property has the wrong type
void new Pool<typeof lookup>('./w.js', { workerData: { path: 5, rows: 5 } });
// A module that does not say takes any.
expectTypeOf<WorkerDataOf<typeof handlers>>().toEqualTypeOf<unknown>();
expectTypeOf<PoolOptions['workerData']>().toEqualTypeOf<unknown>();
void new Pool<typeof handlers>('./w.js', { workerData: 5 });
// A wrapper of pools of any module passes options on.
function wrap<W>(path: string, options: PoolOptions<W>): Pool<W> {
  return new Pool<W>(path, options);
}
expectTypeOf(wrap<typeof lookup>)
  .parameter(1)
  .toEqualTypeOf<PoolOptions<typeof lookup>>();

// Both entries have the same types: those of a definition made by one are known to the other.
expectTypeOf<fromWorkerEntry.WorkerDefinition<string, number>>().toEqualTypeOf<WorkerDefinition<string, number>>();
expectTypeOf<fromWorkerEntry.TaskContext<typeof lookingUp>>().toEqualTypeOf<TaskContext<typeof lookingUp>>();
expectTypeOf(fromWorkerEntry.move(new Uint8Array(1))).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
expectTypeOf(fromWorkerEntry.inWorker).toEqualTypeOf<boolean>();
// @ts-expect-error the parent's side is not there
void fromWorkerEntry.Pool;
