import { decide, type SizingDecision, type SizingState, startSizing } from '../../src/sizing/decide.js';
import type { SizingLimits, SizingSample } from '../../src/sizing/sample.js';

const TICK_MS = 250;
/** What a task takes that has its worker and its core for itself. */
const TASK_MS = 10;

/** What one kind of task does with its time, in shares of it. */
export interface Kind {
  /** Its worker's loop is active; the rest it waits for something else. */
  readonly loop: number;
  /** A core is in use, `loop` at most; the rest of that it blocks. */
  readonly cpu: number;
  /** How much of what it needs of the loop comes after its wait: for that it queues while it is in its handler. */
  readonly after?: number;
  /** Tasks at once, of all workers, that what they wait for serves at full speed; more of them wait longer. */
  readonly served?: number;
}
export const COMPUTING: Kind = { loop: 1, cpu: 1 };
export const BLOCKING: Kind = { loop: 1, cpu: 0.1 };
export const WAITING: Kind = { loop: 0.01, cpu: 0.01, after: 0.5 };

export interface Situation {
  kind: Kind;
  /** Tasks that want to run at any moment. */
  tasks: number;
  memoryCap?: number;
  memoryRoom?: number;
}

export interface Numbers {
  workers: number;
  concurrency: number;
}

/** A pool on `limits.cores` cores, and what the law makes of each situation it is put in. */
export class SizedPool {
  readonly history: (Numbers & { reason: string; goFirst: string })[] = [];
  readonly #limits: SizingLimits;
  readonly #bootMs: number;
  #nowMs = 0;
  #state: SizingState = startSizing(0);
  #numbers: Numbers;
  /** Workers on their way, and when they are there. */
  #starting: number[] = [];

  constructor(limits: SizingLimits, bootMs = 60) {
    this.#limits = limits;
    this.#bootMs = bootMs;
    const workers = Math.max(1, Math.min(Math.ceil(limits.cores), limits.maxWorkers));
    this.#numbers = { workers, concurrency: limits.minConcurrency };
  }

  get numbers(): Numbers {
    return this.#numbers;
  }

  run(seconds: number, situation: Situation): Numbers {
    for (let ticks = (seconds * 1000) / TICK_MS; ticks > 0; ticks--) this.#tick(situation);
    return this.numbers;
  }

  #tick(situation: Situation): void {
    this.#nowMs += TICK_MS;
    this.#starting = this.#starting.filter((readyAtMs) => readyAtMs > this.#nowMs);
    const { state, workers, concurrency } = this.#decide(situation);
    const more = workers - this.#numbers.workers;
    if (more < 0) this.#starting.splice(more);
    for (let each = 0; each < more; each++) this.#starting.push(this.#nowMs + this.#bootMs);
    this.#state = state;
    this.#numbers = { workers, concurrency };
  }

  #decide({ kind, tasks, memoryCap = Infinity, memoryRoom = Infinity }: Situation): SizingDecision {
    const ready = this.#numbers.workers - this.#starting.length;
    const executing = Math.min(tasks, ready * this.#numbers.concurrency);
    // Those that have one; of a few tasks each has one worker.
    const working = Math.min(ready, executing);
    const flow = flowOf(kind, executing / Math.max(1, working), working, this.#limits.cores);
    const ended = (flow.perMs * working * TICK_MS) | 0;
    const sample: SizingSample = {
      nowMs: this.#nowMs,
      elapsedMs: TICK_MS,
      ...this.#numbers,
      waiting: tasks - executing,
      executing,
      backlogMs: tasks * TASK_MS,
      ended,
      workMs: ended * TASK_MS,
      inflation: flow.held / Math.max(flow.perMs, 1e-9) / TASK_MS,
      ready,
      starting: this.#starting.length,
      spanMs: working * TICK_MS,
      handlerMs: flow.held * working * TICK_MS,
      loopMs: flow.loop * working * TICK_MS,
      cpuMs: flow.cpu * working * TICK_MS,
      // As where the system does not tell: the harder case.
      delayMs: 0,
      parentShare: 0.2,
      bootMs: this.#bootMs,
      memoryRoom,
      memoryCap,
    };
    const decision = decide(this.#state, sample, this.#limits);
    const { workers, concurrency, reason, goFirst } = decision;
    this.history.push({ workers, concurrency, reason, goFirst });
    return decision;
  }
}

/** Of one worker, on average: tasks it ends in a ms, tasks in handlers, and the shares of the time that its loop and a core are used. */
interface Flow {
  readonly perMs: number;
  readonly held: number;
  readonly loop: number;
  readonly cpu: number;
}

/** How `tasks` in each of `workers` go, where processor time is stretched until the cores suffice. */
function flowOf(
  { loop, cpu, after = 0, served = Infinity }: Kind,
  tasks: number,
  workers: number,
  cores: number,
): Flow {
  const waitMs = TASK_MS * (1 - loop) * Math.max(1, (tasks * workers) / served);
  const at = (stretch: number): Flow => {
    const loopMs = TASK_MS * (loop - cpu + cpu * stretch);
    const aloneMs = loopMs + waitMs;
    // Its loop is the limit, or as many as are in it.
    const perMs = Math.min(1 / loopMs, tasks / aloneMs);
    // A handler that never waits is called when it is its turn; one that does queues for its second turn while it is held.
    const inTurn = perMs * aloneMs;
    const held = loop === 1 ? inTurn : inTurn + after * (tasks - inTurn);
    return { perMs, held, loop: perMs * loopMs, cpu: perMs * cpu * TASK_MS };
  };
  let [least, most] = [1, 1];
  while (at(most).cpu * workers > cores) most *= 2;
  for (let step = 0; step < 40 && most > 1; step++) {
    const middle = (least + most) / 2;
    if (at(middle).cpu * workers > cores) least = middle;
    else most = middle;
  }
  const { perMs, held, loop: active } = at(most);
  // A core that is waited for is in use by another.
  return { perMs, held, loop: active, cpu: perMs * cpu * TASK_MS };
}
