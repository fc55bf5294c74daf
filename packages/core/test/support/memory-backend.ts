import { askedOf } from '../../src/backend/asked.js';
import type { Backend, BackendParts, BackendStats, SharedTask } from '../../src/backend/backend.js';
import { KeepAlive } from '../../src/backend/keep-alive.js';
import { RoomLine } from '../../src/backend/room-line.js';
import { listen } from '../../src/base/abort-watch.js';
import { hostNowMs } from '../../src/base/clock.js';
import { Conditions } from '../../src/base/conditions.js';
import { deferred } from '../../src/base/deferred.js';
import type { CallTerms } from '../../src/contract/call-terms.js';
import { type DroppedBy, PoolError } from '../../src/contract/errors.js';
import type { WorkersOption } from '../../src/contract/options.js';
import type { PoolProfiling } from '../../src/contract/profile-messages.js';
import type { WorkerRelief } from '../../src/contract/relief.js';
import type { Summary } from '../../src/contract/stats.js';
import type { NotedCheck } from '../../src/sizing/health.js';
import { TaskTypes } from '../../src/task/task-types.js';

type WorkerModule = Record<string, (input: unknown, ctx: object) => unknown>;

interface MemoryTask {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  readonly terms: CallTerms | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** The handler's signal. */
  readonly abort: AbortController;
  state: 'queued' | 'running' | 'settled';
  lane: number;
  startedAtMs: number | undefined;
  unlisten: () => void;
}

let loads = 0;

/**
 * A backend without workers: a queue, and handlers that run in this thread, one at a time in each of its lanes. It knows no
 * limits of time, retries or priorities. Tests hold a pool over it to the same contract as a pool over workers.
 */
export class MemoryBackend implements Backend {
  readonly #parts: BackendParts;
  readonly #keepAlive = new KeepAlive();
  readonly #conditions = new Conditions();
  readonly #room = new RoomLine((tasks) => this.#hasRoomFor(tasks));
  /** All that have not settled. A task of a broadcast waits outside of the queue. */
  readonly #pending = new Set<MemoryTask>();
  readonly #waiting: MemoryTask[] = [];
  readonly #running = new Set<MemoryTask>();
  readonly #counts = { submitted: 0, completed: 0, failed: 0, cancelled: 0 };
  #lanes: number;
  #module: WorkerModule | undefined;
  #isPaused = false;
  #isDue = false;
  #refusal: Error | undefined;

  constructor(parts: BackendParts) {
    this.#parts = parts;
    this.#lanes = lanesOf(parts.options.workers);
    void this.#load();
  }

  submit(name: string, input: unknown, terms: CallTerms | undefined, mayRefuse: boolean): Promise<unknown> {
    return this.#take(name, input, terms, mayRefuse).result;
  }

  submitShared(name: string, input: unknown, terms: CallTerms, mayRefuse: boolean): SharedTask {
    const { task, result } = this.#take(name, input, terms, mayRefuse);
    return {
      result: result.then((value) => ({ value, costMs: hostNowMs() - (task.startedAtMs ?? NaN) })),
      look: () => {
        const { state, startedAtMs, lane } = task;
        return { isQueued: state === 'queued', startedAtMs, workerId: lane, queued: this.#waiting.length };
      },
      // Its tasks have no limits, and none are looser.
      loosen: () => {},
    };
  }

  /** All calls of a name have the same lanes. */
  openCallable(): number {
    return 0;
  }

  submitFlowing(): never {
    throw new Error('A queue in memory has no flows.');
  }

  async submitToAll(name: string, input: unknown, terms: CallTerms): Promise<unknown[]> {
    const made = Array.from({ length: this.#lanes }, () => this.#make(name, structuredClone(input), terms));
    const start = async (): Promise<void> => {
      await this.#conditions.until(() => this.#module !== undefined);
      for (const [lane, { task }] of made.entries()) if (task.state === 'queued') this.#start(task, lane + 1);
    };
    void start();
    return Promise.all(made.map(({ result }) => result));
  }

  usefulInFlight(): number {
    return 2 * this.#lanes;
  }

  get hasRoom(): boolean {
    return this.#room.isFree;
  }

  whenRoom(): Promise<void> {
    return this.#keepAlive.during(this.#room.wait());
  }

  whenReady(): Promise<void> {
    const ready = this.#conditions.until(() => {
      if (this.#refusal !== undefined) throw this.#refusal;
      return this.#module !== undefined;
    });
    return this.#keepAlive.during(ready);
  }

  whenIdle(): Promise<void> {
    return this.#conditions.until(() => this.#pending.size === 0);
  }

  /** Its tasks have no circuit breakers. */
  breaker(name: string): never {
    throw new PoolError('ERR_OPTION', { option: 'name', reason: `has no breaker: "${name}".`, isArgument: true });
  }

  /** It gathers nothing. */
  flush(): void {}

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#changed();
  }

  resize(workers: WorkersOption): void {
    this.#lanes = lanesOf(workers);
    this.#changed();
  }

  /** Takes a new instance of the module. */
  async recycle(reason: string): Promise<void> {
    await this.#keepAlive.during(this.#load());
    for (let lane = 1; lane <= this.#lanes; lane++) this.#parts.emit('worker:recycled', { workerId: lane, reason });
  }

  stats(): BackendStats {
    const busy = this.#running.size;
    const idle = this.#module === undefined ? 0 : Math.max(0, this.#lanes - busy);
    const none = { count: 0, mean: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0, p999: 0 } satisfies Summary;
    return {
      paused: this.#isPaused,
      workers: { wanted: this.#lanes, starting: 0, idle, busy, draining: 0, spare: 0 },
      workerList: [],
      tasks: {
        ...this.#counts,
        queued: this.#pending.size - busy,
        dispatched: busy,
        running: busy,
        timedOut: 0,
        retried: 0,
        crashed: 0,
        slow: 0,
      },
      ignoredResults: 0,
      droppedProgress: 0,
      latencyMs: { wait: none, run: none, total: none },
      byTask: {},
      utilization: 0,
      balance: undefined,
      sizing: {
        workers: this.#lanes,
        min: this.#lanes,
        max: this.#lanes,
        concurrency: 1,
        detected: undefined,
        reason: 'lanes',
      },
      memory: undefined,
      window: undefined,
    };
  }

  dropWaiting(by: DroppedBy): number {
    const waiting = [...this.#pending].filter(({ state }) => state === 'queued');
    const pool = this.#parts.options.name;
    for (const task of waiting) {
      this.#fail(task, new PoolError('ERR_TASK_DROPPED', { task: task.name, pool, by, starts: 0 }));
    }
    return waiting.length;
  }

  profile(): PoolProfiling {
    return {
      asked: askedOf(this.#parts.options, new TaskTypes(this.#parts.options), 1),
      running: () => [],
      costs: () => ({
        encodeMs: 0,
        decodeMs: 0,
        dispatchMs: 0,
        sourceMs: 0,
        readerMs: 0,
        mapInputs: 0,
        refusedCalls: 0,
        hasKeys: false,
      }),
      collect: () => Promise.resolve({ answered: 0, silent: 0 }),
      stop() {},
    };
  }

  health(): NotedCheck[] {
    return [];
  }

  relieve(): Promise<WorkerRelief[]> {
    return Promise.resolve([]);
  }

  async drain(refusal: Error): Promise<void> {
    this.#end(refusal);
    this.resume();
    await this.whenIdle();
  }

  async kill(error: Error, refusal = error): Promise<void> {
    this.#end(refusal);
    for (const task of this.#pending) this.#fail(task, error);
  }

  #end(refusal: Error): void {
    this.#refusal ??= refusal;
    this.#room.end(refusal);
    this.#conditions.check();
  }

  async #load(): Promise<void> {
    try {
      // By a query that no load had before, so that each has variables of its own.
      this.#module = (await import(/* @vite-ignore */ `${this.#parts.moduleUrl}?load=${++loads}`)) as WorkerModule;
    } catch (cause) {
      this.#parts.gaveUp('the worker module cannot be loaded.', cause);
    }
    this.#changed();
  }

  #hasRoomFor(tasks: number): boolean {
    const free = this.#isPaused ? 0 : Math.max(0, this.#lanes - this.#running.size);
    return this.#waiting.length + tasks <= this.#parts.options.queueMax + free;
  }

  #take(name: string, input: unknown, terms: CallTerms | undefined, mayRefuse: boolean): Made {
    if (!this.#room.take(mayRefuse)) {
      throw new PoolError('ERR_QUEUE_FULL', { queued: this.#waiting.length, max: this.#parts.options.queueMax });
    }
    const made = this.#make(name, structuredClone(input), terms);
    this.#waiting.push(made.task);
    this.#changed();
    return made;
  }

  #make(name: string, input: unknown, terms: CallTerms | undefined): Made {
    const { promise, resolve, reject } = deferred<unknown>();
    const abort = new AbortController();
    const id = ++this.#counts.submitted;
    const task: MemoryTask = {
      ...{ id, name, input, terms, resolve, reject, abort, unlisten: () => {} },
      ...{ state: 'queued', lane: 0, startedAtMs: undefined },
    };
    const signal = terms?.signal;
    if (signal !== undefined) {
      task.unlisten = listen(signal, () => this.#settle(task, 'cancelled', () => reject(signal.reason)));
    }
    this.#pending.add(task);
    this.#keepAlive.ref();
    return { task, result: promise };
  }

  /** Tasks start in the next turn, in the order they came, while lanes are free. */
  #changed(): void {
    this.#conditions.check();
    this.#room.check();
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (this.#module === undefined || this.#isPaused) return;
      while (this.#running.size < this.#lanes) {
        const task = this.#waiting.shift();
        if (task === undefined) break;
        this.#start(task, this.#freeLane());
      }
      this.#conditions.check();
      this.#room.check();
    });
  }

  #freeLane(): number {
    const taken = new Set([...this.#running].map(({ lane }) => lane));
    let lane = 1;
    while (taken.has(lane)) lane++;
    return lane;
  }

  #start(task: MemoryTask, lane: number): void {
    Object.assign(task, { state: 'running', lane, startedAtMs: hostNowMs() });
    this.#running.add(task);
    void this.#call(task);
  }

  async #call(task: MemoryTask): Promise<void> {
    const { name, input, terms, abort, id, lane } = task;
    try {
      const handler = this.#module?.[name];
      if (typeof handler !== 'function') {
        const known = Object.keys(this.#module ?? {});
        throw new PoolError('ERR_TASK_NOT_FOUND', {
          task: name,
          module: this.#parts.moduleUrl,
          known,
          nearest: undefined,
        });
      }
      const progress = (value: unknown): boolean => {
        if (task.state === 'running') terms?.onProgress?.(structuredClone(value));
        return true;
      };
      const value = structuredClone(
        await handler(input, {
          signal: abort.signal,
          progress,
          workerId: lane,
          taskId: id,
          headers: terms?.headers ?? {},
        }),
      );
      this.#settle(task, 'completed', () => task.resolve(value));
    } catch (error) {
      this.#fail(task, error);
    }
  }

  #fail(task: MemoryTask, error: unknown): void {
    this.#settle(task, 'failed', () => task.reject(error));
  }

  /** The only place where a task settles: a second call of it finds that it has. */
  #settle(task: MemoryTask, as: 'completed' | 'failed' | 'cancelled', settle: () => void): void {
    if (task.state === 'settled') return;
    this.#pending.delete(task);
    this.#running.delete(task);
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
    task.state = 'settled';
    task.unlisten();
    if (as !== 'completed')
      task.abort.abort(new DOMException('The task was settled before its handler.', 'AbortError'));
    this.#counts[as]++;
    settle();
    this.#keepAlive.unref();
    this.#changed();
  }
}

interface Made {
  readonly task: MemoryTask;
  readonly result: Promise<unknown>;
}

function lanesOf(workers: WorkersOption): number {
  return typeof workers === 'number' ? workers : 1;
}
