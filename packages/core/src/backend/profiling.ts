import { channel } from 'node:diagnostics_channel';
import { hostNowMs } from '../base/clock.js';
import { describeExit } from '../contract/errors.js';
import type { PoolKind } from '../contract/options.js';
import type {
  IoMessage,
  ParentCosts,
  PoolAsked,
  PoolProfiling,
  ProfileMessage,
  ProfileTerms,
  RunningHandler,
  UsageMessage,
} from '../contract/profile-messages.js';
import { CHANNELS } from '../contract/trace.js';
import { hashInputs } from '../dispatch/trace.js';
import { LoopTimes } from '../task/loop-times.js';
import type { MeasuredMessage } from '../wire/messages.js';
import type { Worker } from '../worker/worker.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import { unionOf } from './profile-terms.js';

const usageChannel = channel(CHANNELS.usage);
const ioChannel = channel(CHANNELS.io);
const profileChannel = channel(CHANNELS.profile);

/** Time for a worker whose task has run into its time limit to be measured. It is killed after `graceMs`, whatever comes of this. */
const TIMED_OUT_MS = 1000;

export interface ProfilingParts {
  readonly pool: object;
  readonly kind: PoolKind;
  /** Costs on the main thread since the pool began. */
  readonly spent: Readonly<Pick<ParentCosts, 'encodeMs' | 'decodeMs' | 'dispatchMs'>>;
  asked(): PoolAsked;
  /** Calls that found the queue full, since the pool began. */
  refusedCalls(): number;
  hasKeys(): boolean;
  workers(): Iterable<Worker>;
}

/** How far the profiles of one worker reach. */
interface Reach {
  /** End of its latest profile, or time when it was asked for the first one; host clock. */
  untilMs: number;
  /** Whether it has sent its last measurements. */
  isOver: boolean;
}

/** The profilers of one pool: what they ask of its workers, and what they get. */
export class Profiling {
  /** What all profilers together ask of workers; undefined without any. */
  terms: ProfileTerms | undefined;
  readonly loopTimes = new LoopTimes();
  readonly #parts: ProfilingParts;
  readonly #opened = new Map<object, ProfileTerms>();
  readonly #reaches = new WeakMap<Worker, Reach>();
  #profilesSinceMs = 0;

  constructor(parts: ProfilingParts) {
    this.#parts = parts;
  }

  /** Begins a profiling: several may go on at once. */
  open(terms: ProfileTerms): PoolProfiling {
    const key = {};
    this.#opened.set(key, terms);
    const { spent } = this.#parts;
    const { encodeMs, decodeMs, dispatchMs } = spent;
    const { loopTimes } = this;
    const refusedCalls = this.#parts.refusedCalls();
    const { sourceMs, readerMs, inputs } = loopTimes;
    this.#renew();
    return {
      asked: this.#parts.asked(),
      costs: () => ({
        encodeMs: spent.encodeMs - encodeMs,
        decodeMs: spent.decodeMs - decodeMs,
        dispatchMs: spent.dispatchMs - dispatchMs,
        sourceMs: loopTimes.sourceMs - sourceMs,
        readerMs: loopTimes.readerMs - readerMs,
        mapInputs: loopTimes.inputs - inputs,
        refusedCalls: this.#parts.refusedCalls() - refusedCalls,
        hasKeys: this.#parts.hasKeys(),
      }),
      running: (most) => this.#running().slice(0, most),
      collect: (withinMs) => this.#collect(withinMs),
      stop: () => {
        if (this.#opened.delete(key)) this.#renew();
      },
    };
  }

  measured(worker: Worker, { usage, io, part, isLast }: MeasuredMessage): void {
    const { pool } = this.#parts;
    const workerId = worker.id;
    const reach = this.#reachOf(worker);
    if (isLast === true) reach.isOver = true;
    if (usage !== undefined && usageChannel.hasSubscribers) {
      usageChannel.publish({ pool, workerId, usage } satisfies UsageMessage);
    }
    if (io !== undefined && ioChannel.hasSubscribers) ioChannel.publish({ pool, workerId, ...io } satisfies IoMessage);
    if (part === undefined) return;
    if (part.kind === 'cpu') reach.untilMs = Math.max(reach.untilMs, part.profile.endTime / 1000);
    this.#publish(worker, part);
  }

  /** A worker may soon be killed for its task: its profile is wanted before that. */
  timedOut(worker: Worker): void {
    if (!this.#hasProfiles) return;
    // Without an answer the profile is lost, which the worker's end reports.
    void worker.received.measuring.fromOutside(TIMED_OUT_MS);
  }

  /** A worker has ended: without its last measurements, a part of its profile is lost. */
  exited(worker: Worker, end: WorkerEnd): void {
    if (!this.#hasProfiles) return;
    const reach = this.#reachOf(worker);
    if (reach.isOver) return;
    const { killedFor } = end.report;
    const why = killedFor === undefined ? `it ended with ${describeExit(end.report)}` : `it was killed: ${killedFor}`;
    this.#publish(worker, { kind: 'lost', what: 'cpu', fromMs: reach.untilMs, toMs: hostNowMs(), why });
  }

  #running(): RunningHandler[] {
    const nowMs = hostNowMs();
    const running: RunningHandler[] = [];
    for (const worker of this.#parts.workers()) {
      for (const task of worker.tasks()) {
        const begunAt = worker.begunAt(task);
        if (begunAt === undefined) continue;
        running.push({ task: task.type.name, workerId: worker.id, ms: Math.max(0, nowMs - begunAt) });
      }
    }
    return running.sort((a, b) => b.ms - a.ms);
  }

  get #hasProfiles(): boolean {
    return this.terms?.level === 'cpu' && this.#parts.kind !== 'inline';
  }

  async #collect(withinMs: number): Promise<{ answered: number; silent: number }> {
    const workers = [...this.#parts.workers()].filter(({ state }) => state !== 'exited');
    const all = await Promise.all(workers.map((worker) => this.#collectFrom(worker, withinMs)));
    const answered = all.filter(Boolean).length;
    return { answered, silent: all.length - answered };
  }

  async #collectFrom(worker: Worker, withinMs: number): Promise<boolean> {
    if (await worker.received.measuring.collect(withinMs)) return true;
    if (this.#hasProfiles && worker.state !== 'exited') {
      const why = `it did not answer within ${withinMs} ms`;
      const { untilMs } = this.#reachOf(worker);
      this.#publish(worker, { kind: 'lost', what: 'cpu', fromMs: untilMs, toMs: hostNowMs(), why });
    }
    return false;
  }

  #renew(): void {
    const hadProfiles = this.#hasProfiles;
    this.terms = unionOf(this.#opened.values());
    if (this.#hasProfiles && !hadProfiles) this.#profilesSinceMs = hostNowMs();
    this.loopTimes.isTimed = this.terms !== undefined;
    hashInputs(this.#parts.pool, this.terms !== undefined && this.terms.level !== 'stats');
    for (const worker of this.#parts.workers()) {
      if (worker.state !== 'exited') worker.received.measuring.apply(this.terms);
    }
  }

  #reachOf(worker: Worker): Reach {
    let reach = this.#reaches.get(worker);
    if (reach === undefined) {
      reach = { untilMs: Math.max(this.#profilesSinceMs, worker.startedAt), isOver: false };
      this.#reaches.set(worker, reach);
    }
    return reach;
  }

  #publish({ id: workerId }: Worker, part: ProfileMessage['part']): void {
    if (profileChannel.hasSubscribers)
      profileChannel.publish({ pool: this.#parts.pool, workerId, part } satisfies ProfileMessage);
  }
}
