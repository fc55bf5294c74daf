import type { Clock, Timer } from '../base/clock.js';
import { Conditions } from '../base/conditions.js';
import { mostAtOnce } from '../sizing/recycling.js';
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
  /** When it was last of use. */
  readonly usedAtMs: number;
  readonly vitals: { readonly rssBytes: number };
  drain(reason: string, stopWithinMs: number): void;
  destroy(): void;
}

export interface SupervisorParts<W extends Supervised> {
  clock: Clock;
  limits: RestartLimits;
  random(): number;
  /** Starts a worker. May throw when it cannot even be tried. */
  start(workerId: number): W;
  /** A worker is to have tasks from now on. */
  activate(worker: W): void;
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
  /** Warm workers that have no tasks until another one ends. */
  readonly #spares = new Set<W>();
  #wanted = 0;
  #wantedSpares = 0;
  #lastId = 0;
  #restart: Timer | undefined;
  #mayStartAt = -Infinity;
  /** Workers that are kept although they are one too many: their replacements are on their way. */
  #replacing = 0;
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

  /** Workers that are here to stay: neither on their way out nor spares. */
  staying(): W[] {
    return [...this.#workers].filter((worker) => isStaying(worker) && !this.#spares.has(worker));
  }

  /** Workers that stand by. */
  get spares(): ReadonlySet<W> {
    return this.#spares;
  }

  /**
   * Wants this many workers from now on. Workers too many are drained: the idle first, and of these those that nobody has
   * needed for the longest time, or those with the most memory.
   */
  want(count: number, goFirst: 'coldest' | 'fattest' = 'coldest'): void {
    this.#wanted = count;
    this.#promote();
    this.#startMissing();
    this.#drainExcess(goFirst);
  }

  /** Wants so many workers beside those wanted, warm and without tasks. */
  wantSpares(count: number): void {
    this.#wantedSpares = count;
    this.#startMissing();
    for (const worker of [...this.#spares].slice(count)) {
      this.#spares.delete(worker);
      worker.drain('fewer spares wanted', STOP_WITHIN_MS);
    }
    this.#drainExcess('coldest');
  }

  /** A worker is warm: it goes to work, or stands by. */
  onReady(worker: W): void {
    this.#history = afterReady(this.#history);
    const working = this.staying().filter((each) => each.isReady);
    // The new one is among them.
    if (working.length > this.#wanted && this.#replacing === 0 && this.#spares.size < this.#wantedSpares) {
      this.#spares.add(worker);
    } else {
      this.#parts.activate(worker);
    }
    this.#conditions.check();
  }

  /** A worker has ended; `unexpected` describes it unless the pool had asked it to, or killed it for a task's sake. */
  onEnd(worker: W, unexpected: (UnexpectedEnd & { cause: unknown }) | undefined): void {
    this.#workers.delete(worker);
    this.#spares.delete(worker);
    if (unexpected !== undefined && !this.#isOver) this.#onFault(unexpected);
    this.#promote();
    this.#startMissing();
    this.#conditions.check();
  }

  /** Replaces these workers: for each, a new one becomes ready first; a quarter of all at once. */
  async recycle(workers: readonly W[], reason: string, announce: (worker: W) => void): Promise<void> {
    const atOnce = mostAtOnce(this.#wanted);
    for (let from = 0; from < workers.length && !this.#isOver; from += atOnce) {
      await Promise.all(workers.slice(from, from + atOnce).map((worker) => this.replace(worker, reason, announce)));
    }
  }

  /** Replaces a worker: a new one becomes ready, then this one goes when it has finished what it has in hand. */
  async replace(worker: W, reason: string, announce: (worker: W) => void): Promise<void> {
    const isGone = (): boolean => !this.#workers.has(worker);
    if (this.#isOver || isGone() || !worker.isReady) return;
    this.#replacing++;
    const replacement = this.#start();
    await this.#conditions.until(() => isOver(replacement) || isGone() || this.#isOver);
    this.#replacing--;
    if (this.#isOver) return;
    if (!isGone()) {
      announce(worker);
      worker.drain(reason, STOP_WITHIN_MS);
    }
    // It may have been one too many in the meantime: then its replacement is now.
    this.#drainExcess('coldest');
    await this.#conditions.until(isGone);

    function isOver(started: W | undefined): boolean {
      return started === undefined || started.isReady || started.state === 'exited';
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
    this.#wantedSpares = 0;
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

  /** Spares take the places of workers that are missing. */
  #promote(): void {
    if (this.#spares.size === 0) return;
    const working = this.staying().filter((worker) => worker.isReady).length;
    for (const spare of [...this.#spares].slice(0, Math.max(0, this.#wanted - working))) {
      this.#spares.delete(spare);
      this.#parts.activate(spare);
    }
  }

  /** Workers there are, spares included, against those there should be. */
  get #missing(): number {
    return this.#wanted + this.#wantedSpares - this.staying().length - this.#spares.size;
  }

  #drainExcess(goFirst: 'coldest' | 'fattest'): void {
    const staying = this.staying();
    // Of those that start, some will stand by, and some will take the places of others.
    const starting = staying.filter((worker) => !worker.isReady);
    const standBy = Math.min(Math.max(0, this.#wantedSpares - this.#spares.size), starting.length);
    const excess = staying.length - this.#wanted - standBy - this.#replacing;
    if (excess <= 0) return;
    const promised = new Set(starting.slice(Math.max(0, starting.length - standBy - this.#replacing)));
    const order = {
      coldest: (a: W, b: W) => a.usedAtMs - b.usedAtMs,
      fattest: (a: W, b: W) => b.vitals.rssBytes - a.vitals.rssBytes,
    }[goFirst];
    const mayGo = staying.filter((worker) => !promised.has(worker));
    mayGo.sort((a, b) => Math.sign(a.load) - Math.sign(b.load) || order(a, b));
    for (const worker of mayGo.slice(0, excess)) worker.drain('fewer workers wanted', STOP_WITHIN_MS);
  }

  #startMissing(): void {
    if (this.#isOver || this.#missing <= 0) return;
    const waitMs = this.#mayStartAt - this.#parts.clock.now();
    if (waitMs === Infinity) return;
    if (waitMs > 0) {
      this.#restart?.cancel();
      this.#restart = this.#parts.clock.after(waitMs, () => this.#startMissing());
      return;
    }
    for (let missing = this.#missing; missing > 0 && !this.#isOver; missing--) {
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
}

function isStaying({ state }: Supervised): boolean {
  return state !== 'draining' && state !== 'stopping';
}
