// One pool of the soak under mixed load, and the fate of each of its tasks.
import { isPoolError, Pool } from '@millpond/core';
import { notingStarts } from './soak-starts.mjs';

const IN_FLIGHT = 64;
const WORKERS = 6;
/** A task that ends its thread is a suspect beside others and must run twice. More of them would only queue up. */
const EXITS_IN_FLIGHT = 4;
const BIG = Buffer.alloc(256 * 1024, 1);

export class Load {
  #isOver = false;
  /** Resolves when the load goes on; undefined while it is on. */
  #pause;

  /** @param starts file in which its workers note the calls of handlers */
  constructor(kind, starts) {
    this.kind = kind;
    this.starts = starts;
    this.submitted = 0;
    this.settled = 0;
    this.twice = 0;
    this.deaths = 0;
    /** Tasks in flight that end their thread. */
    this.exits = 0;
    /** Processes that got a SIGKILL and have not ended yet. */
    this.dying = new Set();
    this.failure = undefined;
    this.byEnd = new Map();
    this.unexpected = new Map();
    this.pool = new Pool(new URL('soak-worker.mjs', import.meta.url), {
      name: `soak-${kind}`,
      kind,
      workers: WORKERS,
      concurrency: 4,
      stdio: 'ignore',
      env: notingStarts(starts),
      graceMs: 100,
      retry: { attempts: 3, backoff: { baseMs: 5, maxMs: 50 } },
      crash: { attempts: 100 },
      restart: { max: 1_000_000 },
    });
    this.pool.on('failed', (error) => (this.failure = error));
    this.pool.on('worker:exited', ({ pid, expected }) => {
      this.deaths += Number(!expected);
      this.dying.delete(pid);
    });
  }

  /** Keeps IN_FLIGHT tasks in flight until `stop`, except for pauses. */
  async run() {
    const lane = async () => {
      while (!this.#isOver && this.pool.stats().state === 'open') {
        await this.#pause?.promise;
        if (this.#isOver) return;
        await this.submit(...pick());
        // A tiny task settles within the turn of its answer; the timers need their turn, too.
        await new Promise(setImmediate);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  }

  stop() {
    this.#isOver = true;
    this.#pause?.resolve();
  }

  /** Submits nothing more until `goOn`, and lets its workers go once their tasks are done. */
  pause() {
    let resolve;
    const promise = new Promise((done) => (resolve = done));
    this.#pause = { promise, resolve };
    this.pool.resize({ min: 0, max: WORKERS, idleMs: 0 });
  }

  goOn() {
    this.pool.resize(WORKERS);
    this.#pause?.resolve();
    this.#pause = undefined;
  }

  /** Whether nothing of it is under way: no task, and no worker. */
  get isAtRest() {
    return this.lost === 0 && this.pool.stats().workerList.length === 0;
  }

  submit(name, input, options = {}) {
    const abort = options.abortAfterMs === undefined ? undefined : new AbortController();
    const { abortAfterMs, ...runOptions } = options;
    const timer = abort && setTimeout(() => abort.abort(new Error('aborted by the soak')), abortAfterMs);
    let times = 0;
    const settle = (end) => {
      times++;
      if (times > 1) this.twice++;
      else this.settled++;
      clearTimeout(timer);
      this.byEnd.set(end, (this.byEnd.get(end) ?? 0) + 1);
    };
    this.submitted++;
    return this.pool.run(name, input, abort ? { ...runOptions, signal: abort.signal } : runOptions).then(
      () => settle('ok'),
      (error) => settle(this.endOf(name, error)),
    );
  }

  endOf(name, error) {
    if (isPoolError(error)) return error.code;
    const { message } = error;
    if (message === 'aborted by the soak' || message === 'fails as it should') return message;
    this.unexpected.set(`${name}: ${message}`, (this.unexpected.get(`${name}: ${message}`) ?? 0) + 1);
    return 'another error';
  }

  /** Ends a worker that has finished a task, if there is one. A worker that never worked is replaced only after a wait. */
  kill() {
    if (this.kind === 'thread') {
      if (this.exits >= EXITS_IN_FLIGHT) return false;
      this.exits++;
      void this.submit('exit', 9, { retry: 0 }).then(() => this.exits--);
      return true;
    }
    const alive = this.pool.stats().workerList.filter(({ pid, tasksDone }) => tasksDone > 0 && !this.dying.has(pid));
    const victim = alive[Math.floor(Math.random() * alive.length)];
    if (victim === undefined) return false;
    this.dying.add(victim.pid);
    try {
      process.kill(victim.pid, 'SIGKILL');
    } catch {
      // The worker has just ended by itself; the event for its exit is about to come.
    }
    return true;
  }

  /** Deaths, and those that are sure to come. */
  get kills() {
    return this.deaths + this.exits + this.dying.size;
  }

  get lost() {
    return this.submitted - this.settled;
  }

  line() {
    const ends = [...this.byEnd].sort(([, a], [, b]) => b - a).map(([end, count]) => `${end} ${count}`);
    return (
      `  ${this.kind}: submitted ${this.submitted}, settled ${this.settled}, twice ${this.twice}, deaths ${this.deaths}` +
      `\n    ${ends.join(', ')}`
    );
  }
}

function pick() {
  const dice = Math.random();
  if (dice < 0.5) return ['tiny', 1];
  if (dice < 0.6) return ['once', 5, { retry: 0 }];
  if (dice < 0.7) return ['busy', 10];
  if (dice < 0.8) return ['idle', 10];
  if (dice < 0.85) return ['big', BIG];
  if (dice < 0.9) return ['fail', 'fails as it should', { retry: 0 }];
  if (dice < 0.95) return ['slow', 200, { timeoutMs: 20, retry: 0 }];
  if (dice < 0.999) return ['slow', 200, { abortAfterMs: 10 }];
  return ['exit', 3, { retry: 0 }];
}
