import type { SettledTask } from '@millpond/core';
import { isPoolError, Pool } from '@millpond/core';
import type { StopSignal } from '../exit-codes.js';
import { EXIT, exitCodeOfRun } from '../exit-codes.js';
import { describeSystemError } from '../failure.js';
import { BAD_ITEM } from '../input/source.js';
import { AbortController, clearInterval, now, setInterval } from '../natives.js';
import type { Outcome } from '../output/result-line.js';
import { isBrokenPipe } from '../output/sinks.js';
import { read, sample, startMeter } from '../progress/meter.js';
import type { ProgressView } from '../progress/render.js';
import { poolOptionsFor } from '../workload/pool-options.js';
import type { RefusedItem } from './feed.js';
import { Feed } from './feed.js';
import type { Outputs } from './outputs.js';
import type { PlanSetup } from './plan.js';
import { expectedTotal } from './plan.js';
import { startProfile } from './profile.js';
import { Recorder } from './recorder.js';
import type { RunReport } from './report.js';
import { Tally } from './tally.js';

/** Everything that one run needs, opened and checked. */
export interface SessionSetup extends PlanSetup {
  outputs: Outputs;
  failFast: boolean;
  /** Receives lines for the user that are not progress. */
  say: (line: string) => void;
}

/** Most classes of errors in the report. */
const TOP_ERRORS = 5;
/** Interval at which a run that is being stopped checks for tasks in flight. */
const LOOK_EVERY_MS = 25;
/** Reason of tasks that were waiting when the run was stopped. */
const GIVEN_UP = new Error('the run was stopped before this task could start');

/**
 * One run: input → pool → results. Ends by itself when the input does. `drain` ends it once the tasks in flight are done,
 * `kill` ends it now. The pool is the only thing that it owns; the input and the outputs are its caller's.
 */
export class RunSession {
  readonly #setup: SessionSetup;
  readonly #pool: Pool;
  readonly #feed: Feed;
  readonly #recorder: Recorder;
  readonly #tally = new Tally();
  readonly #startedAtMs = now();
  /** Aborts waiting tasks once a stopped run has no task in flight. */
  readonly #giveUp = new AbortController();
  #looking: NodeJS.Timeout | undefined;
  #meter = startMeter(now());
  #signal: StopSignal | undefined;
  #broken: Error | undefined;
  /** The reader of standard output has gone. */
  #abandoned = false;
  /** The worker module has no such task: the workload file is wrong, not the run. */
  #misnamed: Error | undefined;
  #endStart: () => void = () => {};

  /** @throws PoolError ERR_OPTION if core refuses an option of the workload */
  constructor(setup: SessionSetup) {
    const { workload, input, outputs, limit, overrides } = setup;
    this.#setup = setup;
    this.#recorder = new Recorder(outputs.results, outputs.events, this.#tally, () => {
      if (setup.failFast) this.#windDown();
    });
    this.#feed = new Feed(input.items(), {
      ...(limit === undefined ? {} : { limit }),
      keepValues: this.#keepsInput,
      onRefused: (item) => this.#recordRefused(item),
    });
    this.#pool = new Pool(workload.worker, poolOptionsFor(workload.name, workload.content.pool, overrides));
    this.#pool.on('failed', (error) => this.#break(error));
  }

  /** Result lines repeat their items. */
  get #keepsInput(): boolean {
    return this.#setup.workload.content.output?.input === true;
  }

  /** Items that will be taken, if the number is known. */
  get total(): number | undefined {
    return expectedTotal(this.#setup.input.total, this.#setup.limit);
  }

  /** The error for a task that the worker module does not have, if that ended the run. */
  get misnamed(): Error | undefined {
    return this.#misnamed;
  }

  /** Whether the reader of standard output has gone. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Takes no new items, starts no waiting task, and finishes those in flight. Returns the number of tasks in flight. */
  drain(signal: StopSignal): number {
    this.#signal = signal;
    this.#windDown();
    return this.#pool.stats().tasks.dispatched;
  }

  #windDown(): void {
    this.#feed.stop();
    this.#endStart();
    this.#pool.pause();
    this.#looking ??= setInterval(() => {
      if (this.#pool.stats().tasks.dispatched === 0) this.#giveUp.abort(GIVEN_UP);
    }, LOOK_EVERY_MS);
  }

  /** Kills the workers. Items without a result get none. */
  kill(): void {
    this.#feed.stop();
    this.#endStart();
    void this.#pool.destroy();
  }

  /** Progress of the run. */
  progress(): ProgressView {
    const atMs = now();
    this.#meter = sample(this.#meter, atMs, this.#tally.done);
    const { starting, idle, busy, draining } = this.#pool.stats().workers;
    return {
      ...read(this.#meter, atMs, this.#tally.done, this.total),
      failed: this.#tally.failed,
      workers: { alive: starting + idle + busy + draining, busy },
      draining: this.#looking !== undefined,
    };
  }

  /** Runs to the end. Never rejects: the report has the reason of a broken run. */
  async run(): Promise<RunReport> {
    try {
      const profile = await startProfile(this.#setup.workload, this.#pool);
      await this.#start();
      if (this.#signal === undefined) await this.#consume();
      if (this.#feed.error !== undefined) this.#break(this.#feed.error);
      for (const text of (await profile?.finish()) ?? []) this.#setup.say(text);
    } catch (error) {
      this.#break(error);
    }
    const report = this.#report();
    await this.#end();
    return { ...report, ...this.#verdict() };
  }

  /** Waits until the pool works. A worker module that cannot start should fail the run, and not thousands of items. */
  async #start(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#endStart = resolve));
    await Promise.race([this.#pool.ready(), ended]);
    // The start of workers says nothing about their rate.
    this.#meter = startMeter(now());
  }

  async #consume(): Promise<void> {
    const { workload, outputs } = this.#setup;
    const { signal } = this.#giveUp;
    await outputs.begin();
    try {
      for await (const settled of this.#pool.mapSettled(workload.task, this.#feed, { signal }))
        await this.#record(settled);
    } catch (error) {
      // The iteration ends with the reason of its abort, or with its pool, which is killed or has failed.
      if (!this.#isOfTheRun(error)) throw error;
    }
  }

  async #record(settled: SettledTask<unknown, unknown>): Promise<void> {
    const { item, refused } = this.#feed.settle();
    if (settled.status === 'rejected' && this.#isOfTheRun(settled.reason)) return;
    const outcome: Outcome =
      settled.status === 'fulfilled' ? { ok: true, value: settled.value } : { ok: false, reason: settled.reason };
    const label = { index: item.index, id: item.id, ...(this.#keepsInput ? { input: { value: item.value } } : {}) };
    // Everything is queued before the first await: the feed may record a refused item meanwhile, which must come after.
    const written = [this.#recorder.record(label, outcome), ...refused.map((next) => this.#recordRefused(next))];
    for (const each of written) if (each !== undefined) await each;
  }

  #recordRefused({ index, id, problem }: RefusedItem): void | Promise<void> {
    return this.#recorder.record({ index, id }, { ok: false, reason: { ...BAD_ITEM, message: problem } });
  }

  /** Whether a rejection concerns the run and not its item. */
  #isOfTheRun(reason: unknown): boolean {
    if (reason === GIVEN_UP || isPoolError(reason, 'ERR_POOL_CLOSED')) return true;
    if (isPoolError(reason, 'ERR_POOL_FAILED')) {
      this.#break(reason);
      return true;
    }
    if (isPoolError(reason, 'ERR_TASK_NOT_FOUND')) {
      this.#misnamed = reason;
      this.#feed.stop();
      return true;
    }
    return false;
  }

  /** Marks the run as broken. The first reason counts. */
  #break(reason: unknown): void {
    this.#feed.stop();
    if (isBrokenPipe(reason)) this.#abandoned = true;
    else this.#broken ??= reason instanceof Error ? reason : new Error(String(reason));
  }

  /** Closes the pool, then flushes the outputs. */
  async #end(): Promise<void> {
    const { outputs } = this.#setup;
    clearInterval(this.#looking);
    try {
      const givenUp = this.#broken !== undefined || this.#abandoned;
      await (givenUp ? this.#pool.destroy() : this.#pool.close());
    } catch (error) {
      this.#break(error);
    }
    await outputs.results?.flush().catch((error: unknown) => this.#break(error));
  }

  #report(): RunReport {
    const { input, limit, destination } = this.#setup;
    const { ok, failed, done } = this.#tally;
    const wallMs = now() - this.#startedAtMs;
    const run = this.#pool.stats().latencyMs.run;
    const readAll = this.#feed.exhausted || (limit !== undefined && this.#feed.taken >= limit);
    return {
      ok,
      failed,
      notDone: (this.total ?? this.#feed.taken) - done,
      restUnread: input.total === undefined && !readAll,
      wallMs,
      ratePerS: wallMs === 0 ? 0 : (done * 1000) / wallMs,
      runMs: run.count === 0 ? null : { p50: run.p50, p90: run.p90, p99: run.p99 },
      errors: this.#tally.topErrors(TOP_ERRORS),
      output: destination.kind === 'file' ? destination.label : null,
      ...this.#verdict(),
    };
  }

  #verdict(): Pick<RunReport, 'exitCode' | 'signal' | 'broken'> {
    const signal = this.#signal ?? null;
    if (this.#misnamed !== undefined) return { exitCode: EXIT.usage, signal, broken: this.#misnamed.message };
    return {
      exitCode: exitCodeOfRun({ failed: this.#tally.failed, broken: this.#broken, signal: this.#signal }),
      signal,
      broken: this.#broken === undefined ? null : describeBreak(this.#broken),
    };
  }
}

/** The reason with its chain of causes. */
function describeBreak(error: Error): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error && parts.length < 5; at = at.cause) {
    const text =
      isPoolError(at) || (at as NodeJS.ErrnoException).syscall === undefined ? at.message : describeSystemError(at);
    if (!parts.some((part) => part.includes(text))) parts.push(text);
  }
  return parts.join('\ncaused by: ');
}
