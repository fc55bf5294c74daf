// Checked by tsc; never run. Every @ts-expect-error is an error that a user must get.
import {
  type BatchContext,
  type DataOf,
  defineWorker,
  isPoolError,
  Pool,
  type PoolOptions,
  type SettledTask,
  type TaskCall,
  type TaskContext,
  type TaskName,
  type TaskSection,
  type TaskStream,
  type WorkerDataOf,
  type WorkerDefinition,
} from '@millpond/core';
import * as fromWorkerEntry from '@millpond/core/worker';
import { expectTypeOf } from 'expect-type';
import type * as batches from './typed-batches.js';
import type * as handlers from './typed-handlers.js';
import type * as lookup from './typed-worker-data.js';
import type { Settings, worker as lookingUp } from './typed-worker-data.js';

declare const pool: Pool<typeof handlers>;
declare const untyped: Pool;

// Names: every exported function, the default one too, and nothing else.
expectTypeOf<TaskName<typeof handlers>>().toEqualTypeOf<
  | 'area'
  | 'fetchPage'
  | 'now'
  | 'greet'
  | 'either'
  | 'withContextOnly'
  | 'heavy'
  | 'heavyAndSmall'
  | 'default'
  | 'pages'
  | 'letters'
  | 'total'
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

// A handler that loads with its first task has the types of the one that it loads.
expectTypeOf(pool.run('heavy', { title: 'x' })).toEqualTypeOf<Promise<string>>();
expectTypeOf(pool.run('heavyAndSmall')).toEqualTypeOf<Promise<number>>();
// @ts-expect-error a property is missing
void pool.run('heavy', {});

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
// Keys and costs of limits take the input of the task.
void new Pool<typeof handlers>('./w.js', {
  tasks: {
    area: {
      rateLimit: [
        { calls: 5, perMs: 1000, key: ({ width }) => String(width) },
        { unit: 'pixels', max: 1e6, perMs: 1000, cost: ({ width, height }) => width * height, when: 'reject' },
      ],
      concurrency: 3,
      concurrencyByKey: { key: ({ height }) => String(height), max: 1 },
    },
    greet: { rateLimit: { calls: 1, perMs: 1, window: 'strict' } },
  },
});
// @ts-expect-error a unit needs a cost
void new Pool<typeof handlers>('./w.js', { tasks: { area: { rateLimit: { unit: 'pixels', max: 1, perMs: 1 } } } });
const byKey = { key: ({ width }: { width: number }) => width, max: 1 };
// @ts-expect-error a key is a text
void new Pool<typeof handlers>('./w.js', { tasks: { area: { concurrencyByKey: byKey } } });
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
// Sections by hand end with a time or with their block; `section` keeps the type of its function.
expectTypeOf<ReturnType<TaskContext['open']>>().toEqualTypeOf<TaskSection>();
expectTypeOf<ReturnType<BatchContext['open']>>().toEqualTypeOf<TaskSection>();
expectTypeOf<ReturnType<TaskSection['end']>>().toEqualTypeOf<number>();
expectTypeOf<TaskSection>().toExtend<Disposable>();
expectTypeOf<Parameters<TaskContext['count']>>().toEqualTypeOf<[name: string, n?: number | undefined]>();
expectTypeOf<fromWorkerEntry.TaskSection>().toEqualTypeOf<TaskSection>();
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

// Streams: what a generator yields. An input that flows is any async iterable of its values.
expectTypeOf(pool.stream('pages', 1)).toEqualTypeOf<TaskStream<{ page: number }>>();
expectTypeOf(pool.stream('letters')).toEqualTypeOf<TaskStream<string>>();
expectTypeOf(pool.stream('area', { width: 1, height: 2 })).toEqualTypeOf<TaskStream<never>>();
expectTypeOf(untyped.stream('any')).toExtend<TaskStream<unknown>>();
void pool.stream('pages', 1, { highWaterMark: 5, timeoutMs: 5 });
// @ts-expect-error no option of a stream
void pool.stream('pages', 1, { cache: false });
// @ts-expect-error not a number
void pool.stream('pages', 'x');
declare const someNumbers: AsyncIterable<number>;
expectTypeOf(pool.run('total', someNumbers)).resolves.toEqualTypeOf<number>();
// @ts-expect-error a list does not flow
void pool.run('total', [1, 2]);

// Messages.
const call = pool.start('area', { width: 1, height: 2 });
expectTypeOf(call).toEqualTypeOf<TaskCall<number>>();
call.on('message', (message) => expectTypeOf(message).toEqualTypeOf<unknown>());
call.on('message', (message: { done: number }) => message.done).on('drain', () => {});
// @ts-expect-error no such event
call.on('end', () => {});
// @ts-expect-error it takes an input
void pool.start('area');

// Both entries have the same types: those of a definition made by one are known to the other.
expectTypeOf<fromWorkerEntry.WorkerDefinition<string, number>>().toEqualTypeOf<WorkerDefinition<string, number>>();
expectTypeOf<fromWorkerEntry.TaskContext<typeof lookingUp>>().toEqualTypeOf<TaskContext<typeof lookingUp>>();
expectTypeOf(fromWorkerEntry.move(new Uint8Array(1))).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
expectTypeOf(fromWorkerEntry.inWorker).toEqualTypeOf<boolean>();
// @ts-expect-error the parent's side is not there
void fromWorkerEntry.Pool;

// Lazy values have the types that their functions return, and free what these were awaited to.
const lazyModel = fromWorkerEntry.lazy(async () => Promise.resolve({ layers: 3 }), {
  dispose: (model) => expectTypeOf(model).toEqualTypeOf<{ layers: number }>(),
});
expectTypeOf(lazyModel()).toEqualTypeOf<Promise<{ layers: number }>>();
const lazyValues = fromWorkerEntry.lazy(
  { text: () => 'a', count: async () => Promise.resolve(1) },
  { dispose: { count: (count) => expectTypeOf(count).toEqualTypeOf<number>() } },
);
expectTypeOf(lazyValues.text()).toEqualTypeOf<string>();
expectTypeOf(lazyValues.count()).toEqualTypeOf<Promise<number>>();
// @ts-expect-error no such value
void fromWorkerEntry.lazy({ text: () => 'a' }, { dispose: { other: () => {} } });
// @ts-expect-error a value is made by a function
void fromWorkerEntry.lazy({ text: 'a' });

// A module as an object gives the types of its handlers.
const ofObject = new Pool(
  { double: (n: number): number => 2 * n, later: async (text: string): Promise<string> => text },
  { kind: 'inline', tasks: { double: { timeoutMs: 5, exclusive: true } } },
);
expectTypeOf(ofObject.run('double', 2)).toEqualTypeOf<Promise<number>>();
expectTypeOf(ofObject.run('later', 'x')).toEqualTypeOf<Promise<string>>();
// @ts-expect-error no such handler
void ofObject.run('triple', 2);
// @ts-expect-error wrong input
void ofObject.run('double', 'x');
// @ts-expect-error no such task
void new Pool({ double: (n: number) => 2 * n }, { kind: 'inline', tasks: { triple: {} } });
// @ts-expect-error neither a module nor its name
void new Pool(5, { kind: 'inline' });
// @ts-expect-error workers load their module by themselves
void new Pool({ double: (n: number) => 2 * n }, { kind: 'thread' });
// @ts-expect-error the usual kind is 'process'
void new Pool({ double: (n: number) => 2 * n });
expectTypeOf(new Pool('./w.js')).toEqualTypeOf<Pool>();
expectTypeOf(new Pool(new URL('file:///w.js'))).toEqualTypeOf<Pool>();

// What waits may be dropped.
void pool.close({ drop: 'queued', timeoutMs: 5 });
// @ts-expect-error nothing else
void pool.close({ drop: 'running' });
expectTypeOf(pool.dropQueued()).toEqualTypeOf<number>();

// Output as events.
pool.on('output', ({ stream, line, task, taskId, workerId }) => {
  expectTypeOf(stream).toEqualTypeOf<'stdout' | 'stderr'>();
  expectTypeOf(line).toEqualTypeOf<string>();
  expectTypeOf(task).toEqualTypeOf<string | undefined>();
  expectTypeOf(taskId).toEqualTypeOf<number | undefined>();
  expectTypeOf(workerId).toEqualTypeOf<number>();
});

// Policies of a task see its input.
const policies: PoolOptions<typeof handlers> = {
  breaker: { key: (input: unknown) => String(input) },
  tasks: {
    area: { breaker: { key: ({ width }) => `${width}`, fallback: (_error, { height }) => height } },
    greet: { breaker: false, idempotent: true, hedge: { after: 'p95' } },
  },
};
void policies;
const wrongKey: PoolOptions<typeof handlers> = {
  // @ts-expect-error a key is a text
  tasks: { area: { breaker: { key: ({ width }) => width } } },
};
void wrongKey;
expectTypeOf(pool.breaker('area').state).toEqualTypeOf<'closed' | 'open' | 'half-open' | 'isolated'>();
// @ts-expect-error no such handler
void pool.breaker('volume');
// @ts-expect-error a budget is that of all calls of a name
void pool.run('now', undefined, { retry: { attempts: 1, budget: 0.1 } });

// Batches: callers pass one item, and get its result.
declare const gathering: Pool<typeof batches>;
expectTypeOf<TaskName<typeof batches>>().toEqualTypeOf<'insert' | 'load' | 'slow' | 'picky'>();
expectTypeOf(gathering.run('insert', { id: 1, text: 'a' })).toEqualTypeOf<Promise<number>>();
expectTypeOf(gathering.run('load', '1')).toEqualTypeOf<Promise<{ readonly id: number; readonly text: string }>>();
expectTypeOf(gathering.run('slow', 1)).toEqualTypeOf<Promise<boolean>>();
expectTypeOf(gathering.run('picky', 1)).toEqualTypeOf<Promise<string>>();
gathering.flush('insert');
gathering.flush();
// @ts-expect-error no such export
gathering.flush('inserts');
// @ts-expect-error a list is no item
void gathering.run('insert', [{ id: 1, text: 'a' }]);
// @ts-expect-error its items are rows
fromWorkerEntry.batch({ key: (row: string) => row }, (rows: { id: number }[]) => rows);
// @ts-expect-error no list
fromWorkerEntry.batch({}, (rows: number[]) => rows.length);
new Pool<typeof batches>('./batches.js', {
  tasks: { insert: { batch: { maxSize: 5, key: (row) => row.text, isFull: (rows) => rows.length > 3 } } },
});
