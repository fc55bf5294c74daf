import type { Clock, Timer } from '../base/clock.js';
import { Conditions } from '../base/conditions.js';
import {
  afterReady,
  afterUnexpectedEnd,
  NO_HISTORY,
  type RestartHistory,
  type RestartLimits,
  type UnexpectedEnd,
} from './restart-policy.js';

/** What the supervisor needs of a worker. */
export interface Supervised {
  readonly id: number;
  readonly isReady: boolean;
  readonly state: string;
  readonly load: number;
  readonly startedAt: number;
  drain(reason: string, stopWithinMs: number): void;
  destroy(): void;
}

export interface SupervisorParts<W extends Supervised> {
  clock: Clock;
  limits: RestartLimits;
  random(): number;
  /** Starts a worker. May throw when it cannot even be tried. */
  start(workerId: number): W;
  /** Restarting has no prospect. Called once. */
  gaveUp(reason: string, cause: unknown): void;
}

/** How long a worker that was told to go may take for its teardown. OTP gives worker children 5 s, too. */
const STOP_WITHIN_MS = 5000;

/** Keeps the wanted number of workers alive: starts, restarts by policy, and lets go. */
export class Supervisor<W extends Supervised> {
  readonly #parts: SupervisorParts<W>;
  readonly #workers = new Set<W>();
  #history: RestartHistory = NO_HISTORY;
  #wanted = 0;
  #lastId = 0;
  #restart: Timer | undefined;
  #mayStartAt = -Infinity;
  #isOver = false;
  /** Checked whenever a worker became ready or ended. */
  readonly #conditions = new Conditions();

  constructor(parts: SupervisorParts<W>) {
    this.#parts = parts;
  }

  /** Every worker that has not ended. */
  get workers(): ReadonlySet<W> {
    return this.#workers;
  }

  get wanted(): number {
    return this.#wanted;
  }

  /** Wants this many workers from now on. Workers too many are drained, the idle and the youngest first. */
  want(count: number): void {
    this.#wanted = count;
    this.#startMissing();
    const staying = this.#staying();
    const spare = staying.length - count;
    if (spare <= 0) return;
    staying.sort((a, b) => a.load - b.load || b.startedAt - a.startedAt);
    for (const worker of staying.slice(0, spare)) worker.drain('fewer workers wanted', STOP_WITHIN_MS);
  }

  onReady(): void {
    this.#history = afterReady(this.#history);
    this.#conditions.check();
  }

  /** A worker has ended; `unexpected` describes it unless the pool had asked it to, or killed it for a task's sake. */
  onEnd(worker: W, unexpected: (UnexpectedEnd & { cause: unknown }) | undefined): void {
    this.#workers.delete(worker);
    if (unexpected !== undefined && !this.#isOver) this.#onFault(unexpected);
    this.#startMissing();
    this.#conditions.check();
  }

  /** Replaces these workers: for each, a new one becomes ready first; a quarter of all at once. */
  async recycle(workers: readonly W[], reason: string, announce: (worker: W) => void): Promise<void> {
    const atOnce = Math.max(1, Math.floor(this.#wanted / 4));
    for (let from = 0; from < workers.length && !this.#isOver; from += atOnce) {
      const group = workers.slice(from, from + atOnce).filter((worker) => this.#workers.has(worker) && worker.isReady);
      const replacements = group.map(() => this.#start()).filter((worker) => worker !== undefined);
      await this.#conditions.until(() => replacements.every((worker) => worker.isReady || !this.#workers.has(worker)));
      for (const worker of group) {
        announce(worker);
        worker.drain(reason, STOP_WITHIN_MS);
      }
      await this.#conditions.until(() => group.every((worker) => !this.#workers.has(worker)));
    }
  }

  /** Drains every worker and starts none; resolves when all have ended. */
  async stop(): Promise<void> {
    this.#end();
    for (const worker of this.#workers) worker.drain('the pool closes', STOP_WITHIN_MS);
    await this.#conditions.until(() => this.#workers.size === 0);
  }

  /** Kills every worker and starts none; resolves when all have ended. */
  async kill(): Promise<void> {
    this.#end();
    for (const worker of this.#workers) worker.destroy();
    await this.#conditions.until(() => this.#workers.size === 0);
  }

  #end(): void {
    this.#isOver = true;
    this.#wanted = 0;
    this.#restart?.cancel();
  }

  #onFault(end: UnexpectedEnd & { cause: unknown }): void {
    const nowMs = this.#parts.clock.now();
    const { history, decision } = afterUnexpectedEnd(
      this.#history,
      { ...end, nowMs, random: this.#parts.random() },
      this.#parts.limits,
    );
    this.#history = history;
    if (decision.action === 'giveUp') {
      this.#end();
      this.#parts.gaveUp(decision.reason, end.cause);
    } else {
      this.#mayStartAt = Math.max(this.#mayStartAt, nowMs + decision.delayMs);
    }
  }

  #startMissing(): void {
    if (this.#isOver || this.#staying().length >= this.#wanted) return;
    const waitMs = this.#mayStartAt - this.#parts.clock.now();
    if (waitMs === Infinity) return;
    if (waitMs > 0) {
      this.#restart?.cancel();
      this.#restart = this.#parts.clock.after(waitMs, () => this.#startMissing());
      return;
    }
    for (let missing = this.#wanted - this.#staying().length; missing > 0 && !this.#isOver; missing--) {
      if (this.#start() === undefined) return;
    }
  }

  #start(): W | undefined {
    try {
      const worker = this.#parts.start(++this.#lastId);
      this.#workers.add(worker);
      return worker;
    } catch (cause) {
      // Later, as every other end: whoever asked for the worker is in the middle of something.
      const mayStartAt = this.#mayStartAt;
      this.#mayStartAt = Infinity;
      this.#parts.clock.after(0, () => {
        this.#mayStartAt = mayStartAt;
        if (!this.#isOver) this.#onFault({ wasReady: false, uptimeMs: 0, tasksDone: 0, cause });
        this.#startMissing();
      });
      return undefined;
    }
  }

  /** Workers that are here to stay: not on their way out. */
  #staying(): W[] {
    return [...this.#workers].filter((worker) => worker.state !== 'draining' && worker.state !== 'stopping');
  }
}
