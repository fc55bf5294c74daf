import type {
  BatchMessage,
  CacheMessage,
  IdlePhase,
  IoMessage,
  PhaseMessage,
  PoolKind,
  ProfileMessage,
  SectionsMessage,
  TaskTrace,
  UsageMessage,
  WorkerMessage,
} from '@millpond/core';
import { BoundedNames, hostNowMs } from '@millpond/core/internal';
import { ProfileRecorder } from '../cpu/profile-recorder.js';
import type { Mark } from '../model/curves.js';
import type { Level } from '../model/report-data.js';
import { randomFrom } from '../statistics/random.js';
import { BreakerLedger } from './breaker-ledger.js';
import { IdleClock } from './idle-clock.js';
import { IoLedger } from './io-ledger.js';
import { LatencyMap } from './latency-map.js';
import { BatchLedger, CacheLedger } from './policy-ledgers.js';
import { PoolCurves } from './pool-curves.js';
import { SectionLedger, sectionPlaces } from './section-ledger.js';
import { SectionMistakeSums } from './section-mistakes.js';
import { TraceSplitter } from './segments.js';
import { Slowest } from './slowest.js';
import { SpanSample } from './span-sample.js';
import { SubmitGaps } from './submit-gaps.js';
import { TaskLedger } from './task-ledger.js';
import { WorkerLedger } from './worker-ledger.js';

// 90,000 tries are 14 MB in memory. Failures have a sample of their own, because they are rare and tell more.
const MOST_SPANS = 90_000;
const MOST_FAILED_SPANS = 10_000;
// A ledger is 100 KB. A caller may name tasks that no worker has, with names made of data.
const MOST_TASKS = 250;
/** Tries that wait to be added. */
const MOST_WAITING = 256;
/** Task names with a map of their latencies over time. */
const MOST_MAPS = 16;
const MOST_MARKS = 500;
const MOST_DEATHS = 200;
const MOST_CHANGES = 200;

/** Facts about a pool at the start of the window. */
export interface PoolIdentity {
  name: string;
  kind: PoolKind;
  /** Workers that are there already. */
  workers: readonly { id: number; slot: number; isReady: boolean }[];
  wanted: number;
  phase: IdlePhase;
}

/**
 * Collects the messages of one pool, from one moment on. Only counts: it decides nothing and formulates nothing.
 * Memory does not grow with the number of tasks; at level 'trace' up to 100,000 of them are kept besides.
 */
export class PoolRecorder {
  readonly pool: PoolIdentity;
  /** Begin of the window, on the host clock in milliseconds. */
  readonly startMs: number;
  readonly tasks = new BoundedNames(MOST_TASKS, () => new TaskLedger());
  readonly clock: IdleClock;
  readonly curves: PoolCurves;
  readonly workers: WorkerLedger;
  /** Sections timed in workers, by task name. */
  readonly sections: BoundedNames<SectionLedger>;
  readonly sectionMistakes = new SectionMistakeSums();
  readonly io = new IoLedger();
  readonly cache = new BoundedNames(MOST_TASKS, () => new CacheLedger());
  readonly batches = new BoundedNames(MOST_TASKS, () => new BatchLedger());
  readonly breakers = new BoundedNames(MOST_TASKS, () => new BreakerLedger());
  readonly maps: BoundedNames<LatencyMap>;
  readonly slowest = new Slowest();
  readonly submits = new SubmitGaps();
  /** Samples of good and of failed tries; undefined below level 'trace'. */
  readonly spans: { good: SpanSample; failed: SpanSample } | undefined;
  /** Undefined before the first profile. */
  profiles: ProfileRecorder | undefined;
  readonly marks: Mark[] = [];
  readonly deaths: { workerId: number; atMs: number; why: string; section: string }[] = [];
  readonly sizing: { atMs: number; from: number; to: number; reason: string }[] = [];
  /** Workers that did not answer at the end: something holds their thread. */
  silentWorkers = 0;
  /** Marks, deaths and changes without a place. */
  untold = 0;
  /** First submit and last settled promise of tries that came back, on the host clock; NaN before the first. */
  firstSubmitMs = NaN;
  lastSettleMs = NaN;
  /** Part of the queue wait of tries that came back: the time before any worker was up. */
  bootWaitMs = 0;
  peakUnsettled = 0;
  peakQueued = 0;
  /** Tries whose stamps were not in order of time, and the furthest a stamp had to be moved, in milliseconds. */
  readonly disorder = { tries: 0, maxMs: 0 };
  /** Own time on the program's main thread, ms. */
  ownMs = 0;
  readonly #splitter = new TraceSplitter();
  /** Tries that have come, and have not been added yet. */
  readonly #waiting: TaskTrace[] = [];

  constructor(pool: PoolIdentity, startMs: number, level: Level) {
    this.pool = pool;
    this.startMs = startMs;
    this.clock = new IdleClock(pool.phase, startMs);
    const curves = (this.curves = new PoolCurves(startMs));
    this.maps = new BoundedNames(MOST_MAPS, () => new LatencyMap(curves.windows));
    const places = sectionPlaces();
    this.sections = new BoundedNames(MOST_TASKS, () => new SectionLedger(places));
    this.workers = new WorkerLedger(startMs, pool.wanted, this.clock, curves);
    for (const { id, slot, isReady } of pool.workers) this.workers.wasThere(id, slot, isReady);
    const samples = level === 'trace' || level === 'cpu';
    this.spans = samples
      ? { good: new SpanSample(MOST_SPANS, randomFrom(1)), failed: new SpanSample(MOST_FAILED_SPANS, randomFrom(2)) }
      : undefined;
  }

  /**
   * Takes a try. Tries are added many at a time. At 2,000 tasks a second that takes the main thread 2.6 µs a try. Each by itself takes
   * 4.6 µs: its caches hold other code by then.
   */
  task(trace: TaskTrace): void {
    if (this.#waiting.push(trace) === MOST_WAITING) this.catchUp();
  }

  /** Adds the tries that have come. All that is read of this recorder needs it first. */
  catchUp(): void {
    if (this.#waiting.length === 0) return;
    const beganMs = hostNowMs();
    for (const trace of this.#waiting) this.#add(trace);
    this.#waiting.length = 0;
    this.ownMs += Math.max(0, hostNowMs() - beganMs);
  }

  #add(trace: TaskTrace): void {
    const split = this.#splitter;
    split.split(trace);
    const ledger = this.tasks.get(trace.task);
    ledger.add(trace, split);
    if (split.disorderMs > 0) {
      this.disorder.tries++;
      this.disorder.maxMs = Math.max(this.disorder.maxMs, split.disorderMs);
    }
    this.workers.ran(trace);
    this.curves.add(trace);
    this.submits.add(trace);
    if (split.isComplete) this.#cameBack(trace, split.latencyMs);
    if (trace.outcome === 'timeout') this.mark('timeout', trace.settledAt, trace.workerId, `"${trace.task}" timed out`);
    if (this.spans !== undefined) (trace.outcome === 'ok' ? this.spans.good : this.spans.failed).add(trace);
  }

  #cameBack(trace: TaskTrace, latencyMs: number): void {
    const { submittedAt, settledAt } = trace;
    if (!(this.firstSubmitMs <= submittedAt)) this.firstSubmitMs = submittedAt;
    if (!(this.lastSettleMs >= settledAt)) this.lastSettleMs = settledAt;
    this.bootWaitMs += Math.max(0, this.workers.firstReadyMs - submittedAt);
    this.maps.get(trace.task).add(settledAt, latencyMs);
    this.slowest.add(trace, latencyMs);
  }

  phase({ phase, atMs, queued, unsettled }: PhaseMessage): void {
    this.clock.change(phase, atMs);
    if (unsettled > this.peakUnsettled) this.peakUnsettled = unsettled;
    if (queued > this.peakQueued) this.peakQueued = queued;
  }

  addSections({ sections, workerId, mistakes }: Omit<SectionsMessage, 'pool'>): void {
    for (const delta of sections) this.sections.get(delta.task).merge(delta, workerId);
    if (mistakes !== undefined) this.sectionMistakes.add(mistakes);
  }

  worker(message: WorkerMessage): void {
    this.catchUp();
    this.workers.changed(message);
    const { what, atMs, workerId, bootMs, isFault, why, section } = message;
    if (what === 'ready') this.mark('ready', atMs, workerId, `ready after ${Math.round(bootMs)} ms`);
    if (what !== 'exited') return;
    this.mark(isFault ? 'crashed' : 'exited', atMs, workerId, why);
    this.curves.ended(workerId, atMs);
    if (!isFault) return;
    if (this.deaths.length < MOST_DEATHS) this.deaths.push({ workerId, atMs, why, section });
    else this.untold++;
  }

  used({ workerId, usage }: UsageMessage): void {
    this.workers.used(workerId, usage);
    this.curves.used(workerId, usage);
  }

  addIo(message: IoMessage): void {
    this.io.add(message);
  }

  looked(message: CacheMessage): void {
    if (message.task !== '') this.cache.get(message.task).add(message);
  }

  batched(message: BatchMessage): void {
    this.batches.get(message.task).add(message);
  }

  /** Takes a profile of a worker. */
  profiled(message: ProfileMessage): void {
    (this.profiles ??= new ProfileRecorder(this.startMs)).add(message);
  }

  /** Notes that the pool wants another number of workers. */
  resized(from: number, to: number, reason: string, atMs: number): void {
    this.workers.wants(to, atMs);
    this.mark('resized', atMs, 0, `${from} → ${to}: ${reason}`);
    if (this.sizing.length < MOST_CHANGES) this.sizing.push({ atMs, from, to, reason });
    else this.untold++;
  }

  mark(what: Mark['what'], atMs: number, workerId: number, text: string): void {
    if (this.marks.length < MOST_MARKS) this.marks.push({ atMs: atMs - this.startMs, what, workerId, text });
    else this.untold++;
  }
}
