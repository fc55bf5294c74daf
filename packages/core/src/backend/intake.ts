import type { Clock } from '../base/clock.js';
import type { CallTerms } from '../contract/call-terms.js';
import { type GivenBatch, itemKey } from '../contract/resolve-batch.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Breakers } from '../limits/breakers.js';
import type { InputWriter } from '../task/input-writer.js';
import { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { BatchItem, TaskExtras } from '../task/task-terms.js';
import type { TaskType } from '../task/task-type.js';
import type { TaskTypes } from '../task/task-types.js';
import type { Worker } from '../worker/worker.js';
import type { CallLimits, SharedTask } from './backend.js';

export interface IntakeParts {
  clock: Clock;
  types: TaskTypes;
  registry: TaskRegistry;
  dispatcher: Dispatcher;
  inputs: InputWriter;
}

/** A task that is accepted before its workers are known. */
export interface PreparedTask {
  readonly task: Task;
  readonly result: Promise<unknown>;
}

// One executor serves all promises: a closure for each would be the largest part of an empty call.
let lastResolve: (value: unknown) => void;
let lastReject: (error: unknown) => void;
const takeEnds = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/** How a call becomes a task: its number, its promise, its place in the registry, its input as bytes. */
export class Intake {
  readonly #clock: Clock;
  readonly #types: TaskTypes;
  readonly #registry: TaskRegistry;
  readonly #dispatcher: Dispatcher;
  readonly #inputs: InputWriter;
  #lastTaskId = 0;
  /**
   * The task whose input is being read, which is in no queue yet; it links to the tasks around it. A getter of the input may
   * run anything: submit another task, abort this one's signal, end the pool.
   */
  #entering: Task | undefined;
  /** Tasks of broadcasts that wait for their first worker. They are in no queue either. */
  readonly #prepared = new Set<Task>();

  constructor({ clock, types, registry, dispatcher, inputs }: IntakeParts) {
    this.#clock = clock;
    this.#types = types;
    this.#registry = registry;
    this.#dispatcher = dispatcher;
    this.#inputs = inputs;
  }

  /** The type of a call, by its name or its callable. */
  typeOf(name: string, terms: CallTerms | undefined): TaskType {
    const callable = terms?.callable;
    return callable === undefined ? this.#types.of(name) : this.#types.ofCallable(callable);
  }

  /**
   * Asks the circuit breaker of a task whether it may be submitted.
   * @returns the extras with the key of the breaker
   * @throws ERR_CIRCUIT_OPEN; ERR_OPTION when `breaker.key` gives no key
   */
  checked<E extends TaskExtras | undefined>(
    breakers: Breakers,
    input: unknown,
    extras: E,
  ): E | (E & { breakerKey: string }) {
    const breakerKey = breakers.keyOf(input);
    const nowMs = this.#clock.now();
    if (breakers.refusesUntil(breakerKey, nowMs) !== undefined) throw breakers.refuse(breakerKey, nowMs);
    return breakerKey === undefined ? extras : { ...extras, breakerKey };
  }

  /** Submits a task. */
  submit(type: TaskType, name: string, input: unknown, extras?: TaskExtras): Promise<unknown> {
    const promise = new Promise(takeEnds);
    const task = this.#enter(type, name, input, extras);
    if (task.state === 'queued') this.#dispatcher.submit(task);
    return promise;
  }

  /** Submits a task that several callers may come to share. */
  share(type: TaskType, name: string, input: unknown, terms: TaskExtras): SharedTask {
    let costMs = 0;
    const extras: TaskExtras = { ...terms, onRan: (ms) => void (costMs = ms) };
    const promise = new Promise(takeEnds);
    const task = this.#enter(type, name, input, extras);
    if (task.state === 'queued') this.#dispatcher.submit(task);
    return {
      result: promise.then((value) => ({ value, costMs })),
      look: () => ({
        isQueued: task.state === 'queued',
        startedAtMs: task.assignment?.assignee.begunAt(task),
        workerId: task.assignment?.assignee.id ?? 0,
        queued: this.#registry.counts.queued,
      }),
      loosen: (limits) => loosen(task, limits),
    };
  }

  /** Accepts a task for several workers. Its input is copied now, and the task waits here until `submitPrepared`. */
  prepare(name: string, input: unknown, extras: TaskExtras): PreparedTask {
    const result = new Promise(takeEnds);
    const task = this.#enter(this.typeOf(name, extras), name, input, { ...extras, pinned: true });
    if (task.state === 'queued') this.#prepared.add(task);
    return { task, result };
  }

  /** Submits a prepared task to each of these workers; at least one. */
  submitPrepared(
    { task, result }: PreparedTask,
    [first, ...others]: readonly [Worker, ...Worker[]],
  ): Promise<unknown>[] {
    this.#prepared.delete(task);
    const results = [result];
    this.#dispatcher.submitTo(first, task);
    for (const worker of others) {
      results.push(new Promise(takeEnds));
      const twin = this.#make(task.type, task.name, task.extras);
      // An input is never written to, so one copy serves all workers: each gets its own in its frame.
      twin.chunk = task.chunk;
      twin.inputAt = task.inputAt;
      twin.inputBytes = task.inputBytes;
      twin.aside = task.aside;
      this.#dispatcher.submitTo(worker, twin);
    }
    return results;
  }

  /** Forgets a prepared task that has settled, or is no longer waited for. */
  release({ task }: PreparedTask): void {
    this.#prepared.delete(task);
  }

  /** Number of prepared tasks that have not settled. They go past the queue, and take no place in it. */
  get prepared(): number {
    let prepared = 0;
    for (const { state } of this.#prepared) if (state === 'queued') prepared++;
    return prepared;
  }

  /** Whether this task is in no queue yet: its input is being read, or it is prepared. */
  isEntering(task: Task): boolean {
    if (this.#prepared.has(task)) return true;
    let entering = this.#entering;
    while (entering !== undefined && entering !== task) entering = entering.next;
    return entering !== undefined;
  }

  /** The tasks that are in no queue yet. */
  outside(): Task[] {
    const tasks = [...this.#prepared];
    for (let task = this.#entering; task !== undefined; task = task.next) tasks.push(task);
    return tasks.filter(({ state }) => state === 'queued');
  }

  /**
   * The task of the latest promise. It is queued, unless its input cannot be sent, or a getter of its input has ended it.
   */
  #enter(type: TaskType, name: string, input: unknown, extras: TaskExtras | undefined): Task {
    // Their functions are the user's, and may call the pool: the promise of this task is taken first.
    const asks = type.asksAboutInputs && extras?.pinned !== true;
    const task = this.#make(type, name, asks ? { ...extras } : extras);
    task.next = this.#entering;
    this.#entering = task;
    const wrong = asks ? askAbout(task, input) : undefined;
    const refusal = wrong === undefined ? this.#inputs.write(task, hasSource(extras) ? undefined : input) : undefined;
    this.#entering = task.next;
    task.next = undefined;
    const { balance } = this.#registry;
    if (balance.isTimed(task.id)) {
      const tookMs = this.#clock.now() - task.submittedAt;
      balance.called(tookMs);
      task.encodedNs = 1 + Math.max(0, Math.round(tookMs * 1e6));
    }
    if (refusal !== undefined && task.state === 'queued') this.#dispatcher.refuse(task, refusal);
    if (wrong !== undefined && task.state === 'queued') this.#registry.fail(task, wrong);
    return task;
  }

  /** Adds the task of the latest promise to the registry, still without its input. */
  #make(type: TaskType, name: string, extras: TaskExtras | undefined): Task {
    const id = ++this.#lastTaskId;
    const all = type.taskName === name ? extras : { ...extras, name };
    const task = new Task(id, type, all, this.#clock.now(), lastResolve, lastReject);
    this.#registry.enter(task);
    type.noteFirstTry();
    return task;
  }
}

/** Whether an input flows, and is not sent whole. */
function hasSource(extras: TaskExtras | undefined): boolean {
  return extras?.flows?.terms.hasSource === true;
}

/** Notes keys and costs of a task, by functions of the user. Returns what is wrong with them, if anything is. */
function askAbout({ type, name, extras }: Task, input: unknown): Error | undefined {
  try {
    if (type.limits !== undefined) extras.ticket = type.limits.ticketFor(input);
    const { batch } = type.settings;
    if ((batch?.key ?? batch?.isFull) !== undefined) extras.batch = itemOf(batch as GivenBatch, name, input);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** What the pool's functions of a batch need of an input. @throws ERR_OPTION where `key` fails */
function itemOf({ key, isFull }: GivenBatch, name: string, input: unknown): BatchItem {
  return { key: key && itemKey(key, input, `tasks.${name}.batch.key`), input: isFull && input };
}

/** Gives a task these limits, which it looks up in its extras each time. */
function loosen({ extras, settings, submittedAt }: Task, { timeoutMs, queueUntilMs, deadlineMs }: CallLimits): void {
  extras.settings = { ...settings, timeoutMs, queueTimeoutMs: queueUntilMs - submittedAt };
  const { deadline } = extras;
  if (deadline === undefined) return;
  const epochMs = deadline.epochMs + deadlineMs - deadline.hostMs;
  extras.deadline = deadlineMs === Infinity ? undefined : { hostMs: deadlineMs, epochMs };
}
