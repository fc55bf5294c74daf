import type { OpenBackend } from '../backend/backend.js';
import { openLocalBackend } from '../backend/local-backend.js';
import { dropOfTask } from '../cache/drop-of-task.js';
import { checkTaskName } from '../contract/arguments.js';
import type {
  BroadcastArguments,
  BroadcastOptions,
  MapOptions,
  RunArguments,
  RunOptions,
  StartOptions,
  StreamOptions,
} from '../contract/call-options.js';
import type { CallableOptions, TaskFunction } from '../contract/callable-options.js';
import { checkRunOptions, checkStartOptions, checkStreamOptions } from '../contract/check-options.js';
import type { StartArguments, StreamArguments, TaskCall, TaskStream } from '../contract/flowing-calls.js';
import type { PoolOptions } from '../contract/options.js';
import type { TaskStats } from '../contract/stats.js';
import type { AnyHandlers, HandlersOf, Input, Output, Yielded } from '../contract/worker-module.js';
import { mapSettled, mapValues, type SettledTask } from './map.js';
import { openCall } from './open-call.js';
import { openPool } from './open-pool.js';
import { openStream } from './open-stream.js';
import { PoolControl } from './pool-control.js';
import { taskFunction } from './task-function.js';

/**
 * A supervised pool of workers that run the handlers of one module.
 *
 * ```ts
 * const pool = new Pool<typeof import('./worker.js')>(new URL('./worker.js', import.meta.url));
 * const sum = await pool.run('add', { a: 1, b: 2 });
 * await pool.close();
 * ```
 *
 * States: open from construction; closing from `close()` until the last task has settled; closed at the end. A pool whose
 * workers cannot be kept alive is failed. Pending tasks keep the program running; a pool without any does not.
 *
 * @typeParam W the type of the worker module; gives names, inputs and outputs of its handlers
 */
export class Pool<W = AnyHandlers> extends PoolControl<W> {
  /**
   * Starts the least number of workers at once.
   * @param worker path (relative to the current folder) or file: URL of the worker module
   * @throws ERR_OPTION when an option is unknown or wrong, or the module does not exist
   */
  constructor(worker: string | URL, options?: PoolOptions<NoInfer<W>>);
  /**
   * Runs the handlers of a module that the program has loaded itself, for tests with mocks and coverage.
   * @param module the module as an object: functions, and `worker` made by `defineWorker`. Each function is looked up at its
   * call, so a mock that takes its place later is called
   * @throws ERR_OPTION when an option is unknown or wrong, or the object has no functions
   */
  constructor(module: W & object, options: PoolOptions<NoInfer<W>> & { kind: 'inline' });
  /** @internal Over another backend than the workers of this machine. */
  constructor(worker: string | URL, options: PoolOptions<NoInfer<W>>, open: OpenBackend);
  constructor(
    worker: string | URL | (W & object),
    options: PoolOptions<NoInfer<W>> = {},
    open: OpenBackend = openLocalBackend,
  ) {
    super((pool) => openPool(pool, worker, options, open));
  }

  // Names are `keyof HandlersOf<W> & string` rather than TaskName<W>, because a type error then lists them.

  /**
   * Runs one task and resolves to the result of its handler. An async iterable as input, such as a Readable, flows: the handler
   * gets an async iterable. The source is read as far ahead as 64 values or 1 MiB, and closed when the task settles. Once the
   * handler has asked for a value, the task is not tried again. Such a call is never hedged, and goes past cache, throttle and
   * debounce.
   * @throws ERR_OPTION at once, for wrong arguments or options
   * @returns a promise that rejects with the handler's own error, the signal's reason, or a PoolError
   */
  run<N extends keyof HandlersOf<W> & string>(name: N, ...args: RunArguments<Input<W, N>>): Promise<Output<W, N>> {
    const [input, options] = args as [unknown, RunOptions | undefined];
    checkTaskName(name);
    const own = options === undefined ? undefined : checkRunOptions(options);
    return this.parts.calls.run(name, input, own) as Promise<Output<W, N>>;
  }

  /**
   * A task as a function, with settings and counts of its own:
   *
   * ```ts
   * const stats = pool.task('stats', { cache: { ttlMs: 300_000 }, retry: 2 });
   * await stats({ year: 2026 });
   * ```
   *
   * What it sets is its own. No other callable, and no call by name, has a part in that cache, limit or shaping. What it does not
   * set, it shares with its name, so that limits in `tasks` hold for all calls. A pool has at most 250 callables, so a program
   * makes one and keeps it. `with()` takes options of calls.
   * @throws ERR_OPTION for a wrong name or option
   */
  task<N extends keyof HandlersOf<W> & string>(
    name: N,
    options: CallableOptions<Input<W, N>> = {},
  ): TaskFunction<Input<W, N>, Output<W, N>> {
    const callable = this.parts.callables.open(name, options);
    const { label, cacheName, settings, shaped, terms } = callable;
    if (settings.cache !== undefined) this.parts.cache.open();
    return taskFunction<Input<W, N>, Output<W, N>>({
      label,
      run: (input, own) => this.parts.calls.run(name, input, own, callable),
      invalidate: (selector) => dropOfTask(this.parts.cache.present, cacheName, selector),
      flush: () => {
        if (!this.parts.state.isOpen) return;
        this.parts.shaping.flush(shaped.label);
        this.parts.backend.flush(label);
      },
      breaker: (key) => this.parts.backend.breaker(name, key, terms.callable),
      stats: () => {
        const { byTask, shaping, cache } = this.stats();
        const ofName = { shaping: shaping?.[shaped.label], cache: cache?.byTask[cacheName] };
        return { label, task: byTask[label] as TaskStats, ...ofName };
      },
    });
  }

  /**
   * Runs one task whose handler is a generator, or returns an async iterable, and gives the values as they come. The task is
   * submitted at once, and takes a place in a worker until its handler has ended. The handler goes no further ahead of the reader
   * than `highWaterMark`. So a stream that nothing reads stays where it is, until `timeoutMs`, `signal` or `destroy()` ends it.
   * `close()` waits for it. Once a value has arrived, the task is not tried again, whatever `retry` says. It is never hedged, and
   * goes past the cache, `throttle`, `debounce` and `breaker.fallback`.
   * @throws ERR_OPTION at once, for wrong arguments or options
   * @returns a stream. It fails with the handler's own error, the signal's reason, or a PoolError. It fails with a TypeError if the
   * handler returns no stream
   */
  stream<N extends keyof HandlersOf<W> & string>(
    name: N,
    ...args: StreamArguments<Input<W, N>>
  ): TaskStream<Yielded<W, N>> {
    const [input, options = {}] = args as [unknown, StreamOptions | undefined];
    checkTaskName(name);
    return openStream(checkStreamOptions(options), (own, stream) =>
      this.parts.calls.open(name, input, own, { stream }),
    );
  }

  /**
   * Runs one task that exchanges messages with its caller: `post` and `on('message')` here, `ctx.post` and `ctx.on('message')` in
   * the handler. Once a message has passed, the task is not tried again, whatever `retry` says. It is never hedged, and goes past
   * the cache, `throttle`, `debounce` and `breaker.fallback`.
   * @throws ERR_OPTION at once, for wrong arguments or options
   */
  start<N extends keyof HandlersOf<W> & string>(name: N, ...args: StartArguments<Input<W, N>>): TaskCall<Output<W, N>> {
    const [input, options = {}] = args as [unknown, StartOptions | undefined];
    checkTaskName(name);
    return openCall(checkStartOptions(options), (own) =>
      this.parts.calls.open(name, input, own, { hasMessages: true }),
    );
  }

  /**
   * Runs a task for every input, pulled lazily, and yields the results in input order. It stops at the first failure, which
   * it throws. Tasks still under way are then cancelled, as when the loop is left early. When the pool accepts no more tasks,
   * no more inputs are pulled, and the source is closed. The iteration then throws ERR_POOL_CLOSED or ERR_POOL_FAILED, after
   * the results of the tasks under way.
   * @throws ERR_OPTION at once, for wrong arguments or options
   */
  map<N extends keyof HandlersOf<W> & string>(
    name: N,
    inputs: Iterable<Input<W, N>> | AsyncIterable<Input<W, N>>,
    options: MapOptions = {},
  ): AsyncGenerator<Output<W, N>, void, undefined> {
    return mapValues(this.parts.calls.overInputs(name, inputs, options)) as AsyncGenerator<
      Output<W, N>,
      void,
      undefined
    >;
  }

  /**
   * Like `map`, but goes on after failures and yields how each input ended. Ends with the pool as `map` does.
   * @throws ERR_OPTION at once, for wrong arguments or options
   */
  mapSettled<N extends keyof HandlersOf<W> & string>(
    name: N,
    inputs: Iterable<Input<W, N>> | AsyncIterable<Input<W, N>>,
    options: MapOptions = {},
  ): AsyncGenerator<SettledTask<Input<W, N>, Output<W, N>>, void, undefined> {
    type Result = AsyncGenerator<SettledTask<Input<W, N>, Output<W, N>>, void, undefined>;
    return mapSettled(this.parts.calls.overInputs(name, inputs, options)) as Result;
  }

  /**
   * Runs a task once on every worker that is ready and not at its last task (`recycle.afterTasks`), past the queue. Resolves
   * to their results in no given order. Without any worker, it waits for the first. Workers that start later do not run it.
   * The input is copied at the call. `close()` lets a waiting broadcast finish, and its `signal` rejects it at once.
   * @returns a promise that rejects with ERR_OPTION for wrong arguments or options, else as those of `run`
   */
  async broadcast<N extends keyof HandlersOf<W> & string>(
    name: N,
    ...args: BroadcastArguments<Input<W, N>>
  ): Promise<Output<W, N>[]> {
    const [input, options = {}] = args as [unknown, BroadcastOptions | undefined];
    return (await this.parts.calls.broadcast(name, input, options)) as Output<W, N>[];
  }
}
