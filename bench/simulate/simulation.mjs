// A pool on any machine: workers, cores and tasks as discrete events, sized by the law that the library ships.
import { Heap } from './heap.mjs';
import { randomFrom } from './random.mjs';

export const TICK_MS = 250;
/** Waiting tasks above this number are not counted. */
const MOST_COUNTED = 100_000;

/**
 * A simulated pool.
 *
 * Every worker has one loop, and phases that need it take turns. Those that need a core as well share the cores evenly. R of them
 * on C cores run at min(1, C / R) each. Contention lowers this speed by the universal scalability law. All phases run equally
 * fast, so their ends are ordered by their shares of a common amount of service. An event therefore costs the logarithm of the
 * number of workers.
 */
export class Simulation {
  nowMs = 0;
  /** Work done, ms of expected execution. */
  doneMs = 0;
  /** Work done, including that of tasks still in flight: the same as `doneMs` in the long run, and steadier. */
  progressMs = 0;
  /** Part of `doneMs`: the tasks that began since the last change of load. */
  doneOfLoadMs = 0;
  ended = 0;
  #service = 0;
  #byService = new Heap();
  #byTime = new Heap();
  #workers = [];
  #computing = 0;
  #wanted;
  #concurrency;
  #random;
  #options;
  #meanMs;
  #lastTick = { nowMs: 0, doneMs: 0, ended: 0, spanMs: 0, handlerMs: 0, loopMs: 0, cpuMs: 0, execMs: 0 };
  #spanMs = 0;
  #handlerMs = 0;
  /** Workers that have tasks; tasks in handlers; loops that are active. */
  #busy = 0;
  #held = 0;
  #active = 0;
  #waits = 0;
  #loopMs = 0;
  #cpuMs = 0;
  #execMs = 0;
  #bestMs = Infinity;
  #queue = 0;

  /**
   * @param options cores; load `{ draw, law }`; bootMs of a worker; seed; initial workers and concurrency
   */
  constructor(options) {
    this.#options = { bootMs: 60, seed: 1, ...options };
    this.#random = randomFrom(this.#options.seed);
    this.#concurrency = options.concurrency;
    this.#meanMs = this.#measureMean();
    this.resize(options.workers, options.concurrency);
  }

  get ready() {
    return this.#workers.filter(({ isReady, isLeaving }) => isReady && !isLeaving).length;
  }

  /** Changes the load. Tasks in flight go on. */
  set load(load) {
    this.#options.load = load;
    this.doneOfLoadMs = 0;
    this.#meanMs = this.#measureMean();
  }

  /** Whether there is a task. */
  get hasWork() {
    return this.#queue > 0 || this.#busy > 0;
  }

  resize(workers, concurrency) {
    this.#wanted = workers;
    this.#concurrency = concurrency;
    const staying = this.#workers.filter(({ isLeaving }) => !isLeaving);
    for (const worker of staying.slice(workers)) worker.isLeaving = true;
    for (let index = staying.length; index < workers; index++) {
      const worker = { isReady: false, isLeaving: false, tasks: 0, loop: [], active: undefined };
      this.#workers.push(worker);
      this.#byTime.push({ at: this.nowMs + this.#options.bootMs, run: () => this.#isUp(worker) });
    }
    this.#sweep();
    for (const worker of this.#workers) this.#feed(worker);
  }

  /** Runs the simulation until this time. */
  runTo(untilMs) {
    for (;;) {
      const speed = this.#speed();
      const byService = this.#byService.first;
      const serviceAt = byService === undefined ? Infinity : this.nowMs + (byService.at - this.#service) / speed;
      const timeAt = this.#byTime.first?.at ?? Infinity;
      const at = Math.min(serviceAt, timeAt, untilMs);
      const passedMs = at - this.nowMs;
      this.#service += passedMs * speed;
      // A core that waits for memory is in use.
      this.#cpuMs += passedMs * Math.min(this.#computing, this.#options.cores);
      this.#loopMs += passedMs * this.#active;
      this.#spanMs += passedMs * this.#busy;
      this.#handlerMs += passedMs * this.#held;
      this.progressMs += passedMs * (this.#computing * speed + this.#active - this.#computing + this.#waits);
      this.nowMs = at;
      if (at === untilMs && at < Math.min(serviceAt, timeAt)) return;
      if (serviceAt <= timeAt) this.#endPhase(this.#byService.pop());
      else this.#byTime.pop().run();
      if (at === untilMs && this.nowMs >= untilMs && Math.min(serviceAt, timeAt) > untilMs) return;
    }
  }

  /** What a pool would measure since the last sample. */
  sample() {
    const before = this.#lastTick;
    const { nowMs, doneMs, ended } = this;
    const now = { spanMs: this.#spanMs, handlerMs: this.#handlerMs, loopMs: this.#loopMs, cpuMs: this.#cpuMs };
    this.#lastTick = { ...now, nowMs, doneMs, ended, execMs: this.#execMs };
    const elapsedMs = nowMs - before.nowMs;
    const ready = this.ready;
    const executing = this.#workers.reduce((sum, { tasks }) => sum + tasks, 0);
    const waiting = Math.max(0, Math.min(this.#queue, MOST_COUNTED));
    const endedNow = ended - before.ended;
    const tookMs = endedNow === 0 ? NaN : (this.#execMs - before.execMs) / endedNow;
    // Tasks of another load have the same name, so their best time is kept, as in a pool.
    if (endedNow >= 10) this.#bestMs = Math.min(this.#bestMs, tookMs);
    return {
      nowMs,
      elapsedMs,
      workers: this.#wanted,
      concurrency: this.#concurrency,
      waiting,
      executing,
      backlogMs: (waiting + executing) * this.#meanMs,
      ended: endedNow,
      workMs: doneMs - before.doneMs,
      inflation: endedNow >= 10 ? tookMs / this.#bestMs : 1,
      ready,
      starting: this.#workers.filter(({ isReady }) => !isReady).length,
      spanMs: now.spanMs - before.spanMs,
      handlerMs: now.handlerMs - before.handlerMs,
      loopMs: now.loopMs - before.loopMs,
      cpuMs: now.cpuMs - before.cpuMs,
      // Zero, as on systems that do not report how long loops waited for a core: the harder case.
      delayMs: 0,
      parentShare: 0.3,
      bootMs: this.#options.bootMs,
      memoryRoom: Infinity,
      memoryCap: Infinity,
    };
  }

  /** Tasks that arrive; they wait if no worker is free. */
  submit(count) {
    this.#queue += count;
    for (const worker of this.#workers) this.#feed(worker);
  }

  /** Removes the waiting tasks. */
  clearQueue() {
    this.#queue = 0;
  }

  #measureMean() {
    const random = randomFrom(7);
    let sum = 0;
    for (let task = 0; task < 2000; task++) {
      for (const { ms } of this.#options.load.draw(random)) sum += ms;
    }
    return sum / 2000;
  }

  #speed() {
    const { cores, load } = this.#options;
    const running = this.#computing;
    if (running === 0) return 1;
    const { sigma, kappa } = load.law;
    const used = Math.min(running, cores);
    return Math.min(1, cores / running) / (1 + sigma * (used - 1) + kappa * used * (running - 1));
  }

  #isUp(worker) {
    worker.isReady = true;
    this.#sweep();
    this.#feed(worker);
  }

  /** Gives a worker as many tasks as its capacity allows. */
  #feed(worker) {
    while (worker.isReady && !worker.isLeaving && worker.tasks < this.#concurrency && this.#queue > 0) {
      this.#queue--;
      if (worker.tasks++ === 0) this.#busy++;
      const { load } = this.#options;
      const phases = load.draw(this.#random);
      const workMs = phases.reduce((sum, { ms }) => sum + ms, 0);
      const task = { load, worker, phases, next: 0, startedAt: undefined, workMs };
      this.#nextPhase(task);
    }
  }

  #nextPhase(task) {
    const phase = task.phases[task.next++];
    const { worker } = task;
    if (phase === undefined) {
      this.#finish(task);
    } else if (phase.kind === 'wait') {
      this.#waits++;
      this.#byTime.push({ at: this.nowMs + phase.ms, run: () => this.#endWait(task) });
    } else {
      worker.loop.push({ task, phase });
      this.#turn(worker);
    }
  }

  /** The loop takes the next phase when it is free. */
  #turn(worker) {
    if (worker.active !== undefined) return;
    const next = worker.loop.shift();
    if (next === undefined) return;
    worker.active = next;
    this.#active++;
    if (next.task.startedAt === undefined) {
      // Its handler is called.
      next.task.startedAt = this.nowMs;
      this.#held++;
    }
    if (next.phase.kind === 'cpu') {
      this.#computing++;
      this.#byService.push({ at: this.#service + next.phase.ms, worker });
    } else {
      this.#byTime.push({ at: this.nowMs + next.phase.ms, run: () => this.#leaveLoop(worker) });
    }
  }

  #endWait(task) {
    this.#waits--;
    this.#nextPhase(task);
  }

  #endPhase({ worker }) {
    this.#computing--;
    this.#leaveLoop(worker);
  }

  #leaveLoop(worker) {
    const { task } = worker.active;
    worker.active = undefined;
    this.#active--;
    this.#nextPhase(task);
    this.#turn(worker);
  }

  #finish(task) {
    const { worker } = task;
    if (--worker.tasks === 0) this.#busy--;
    this.#held--;
    this.ended++;
    this.doneMs += task.workMs;
    if (task.load === this.#options.load) this.doneOfLoadMs += task.workMs;
    this.#execMs += this.nowMs - task.startedAt;
    if (worker.isLeaving) this.#sweep();
    else this.#feed(worker);
  }

  /** Removes leaving workers whose tasks are done. */
  #sweep() {
    this.#workers = this.#workers.filter(({ isLeaving, tasks }) => !isLeaving || tasks > 0);
  }
}
