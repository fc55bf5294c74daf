import type { Clock } from '../base/clock.js';
import { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { Worker } from '../worker/worker.js';
import type { Assigner } from './assigner.js';
import type { AssignmentPass } from './assignment-pass.js';
import type { Passes } from './passes.js';
import { publishTrace } from './trace.js';
import { RunningTwins } from './twins.js';

export interface HedgingParts {
  /** The pool, as an identity for traces. */
  pool: object;
  clock: Clock;
  registry: TaskRegistry;
  passes: Passes;
  assigner: Assigner;
  assignment: AssignmentPass;
  /** Takes a task out of the queue, or out of its worker. */
  withdraw(task: Task, reason: unknown): void;
}

/**
 * Runs a task again beside a run that takes long: hedged requests (Dean, Barroso, "The Tail at Scale", 2013). A further run is a
 * task of its own, a *twin*, which shares the input. It takes its own share of the limits of its name. No count has it, and its end
 * is news for its task only. The first result settles the task. A failure waits for the other runs.
 */
export class Hedging {
  readonly #parts: HedgingParts;

  constructor(parts: HedgingParts) {
    this.#parts = parts;
  }

  /** Looks after a task that was handed to a worker. */
  watch(task: Task): void {
    const { hedge, run } = task.type;
    if (hedge === undefined || task.isPinned || !task.isIdempotent) return;
    // A moved input cannot be sent twice, nor values that flow. A suspect must run alone.
    if (task.isOneShot || task.flows !== undefined || task.mustRunAlone) return;
    // A task that was recalled before it began is in the same try.
    if ((task.twins?.begun ?? 0) >= hedge.max) return;
    const afterMs = hedge.afterMs(run);
    if (afterMs !== undefined) this.#lookIn(task, afterMs, afterMs);
  }

  /** @param afterMs time of a run after which the next one begins */
  #lookIn(task: Task, delayMs: number, afterMs: number): void {
    const place = task.assignment;
    if (place === undefined) return;
    place.policies ??= { permit: undefined, hedgeTimer: undefined };
    // The registry cancels it as soon as the task leaves this place.
    place.policies.hedgeTimer = this.#parts.clock.after(delayMs, () => this.#due(task, delayMs, afterMs));
  }

  /** Handles a run that has taken long. */
  #due(task: Task, delayMs: number, afterMs: number): void {
    const { clock, assignment } = this.#parts;
    const { hedge, breakers } = task.type;
    if (hedge === undefined || breakers?.refusesUntil(task.breakerKey, clock.now()) !== undefined) return;
    const worker = assignment.idleBeside(task.assignment?.assignee as Worker);
    if (worker === undefined || isHeldBack(task, clock.now())) {
      // Each time after twice the wait, because many tasks may take long at once, and each look costs time.
      this.#lookIn(task, 2 * delayMs, afterMs);
    } else if (!hedge.budget.takeOut()) {
      hedge.counts.refused++;
    } else {
      hedge.counts.begun++;
      if (this.#begin(task, worker) < hedge.max) this.#lookIn(task, afterMs, afterMs);
    }
  }

  /** @returns the number of further runs that have begun beside this try */
  #begin(task: Task, worker: Worker): number {
    const twins = (task.history.twins ??= new RunningTwins((each) => this.#cancel(each)));
    const begun = ++twins.begun;
    const { settings, extras, type, submittedAt } = task;
    const { name, deadline, headers, onRan, breakerKey } = extras;
    const ticket = extras.ticket && { ...extras.ticket, limitWaitMs: 0 };
    const terms = { name, deadline, headers, onRan, breakerKey, ticket };
    const own = { ...terms, settings: { ...settings, queueTimeoutMs: Infinity } };
    const ended = (): void => twins.remove(twin);
    const completed = (value: unknown): void => {
      twins.drop(twin);
      this.#won(task, value);
    };
    const twin: Task = new Task(task.id, type, { ...own, pinned: true }, submittedAt, completed, ended);
    twin.history.twinOf = task;
    twin.history.attempt = task.attempt + begun;
    // An input is never written to, so one copy serves all runs: each gets its own in its frame.
    twin.chunk = task.chunk;
    twin.inputAt = task.inputAt;
    twin.inputBytes = task.inputBytes;
    twin.aside = task.aside;
    twins.add(twin);
    this.#parts.assigner.assign(worker, twin);
    this.#parts.passes.schedule();
    return begun;
  }

  /** Settles a task with the result of a further run, and cancels its own run. */
  #won(task: Task, value: unknown): void {
    const { hedge } = task.type;
    if (hedge !== undefined) hedge.counts.won++;
    this.#end(task);
    this.#parts.registry.complete(task, value);
  }

  #cancel(twin: Task): void {
    this.#end(twin);
    this.#parts.registry.cancel(twin, undefined);
  }

  /** Ends a run whose task has a result already. */
  #end(task: Task): void {
    const { pool, clock, withdraw, passes } = this.#parts;
    // A run that has failed, and now waits, was published then.
    if (task.state === 'dispatched') publishTrace(pool, task, 'cancelled', clock.now());
    withdraw(task, otherRunEnded());
    passes.schedule();
  }
}

/** Whether limits of its name would hold one more run of a task back. */
function isHeldBack({ type: { limits }, extras: { ticket } }: Task, nowMs: number): boolean {
  return limits !== undefined && ticket !== undefined && limits.readyAtMs(ticket, nowMs) > nowMs;
}

/** The reason of ctx.signal in the handler of a run whose result is not wanted. */
function otherRunEnded(): Error {
  const error = new Error('The task has ended: another run of it was faster, or its caller wants it no more.');
  error.name = 'AbortError';
  return error;
}
