import type { Clock } from '../base/clock.js';
import type { Task } from '../task/task.js';
import type { Candidate } from './candidate.js';
import { roomFor, STANDSTILL_MS } from './prefetch.js';

/** Processor time of the parent per frame, ms: measured with 64 frames to 64 of 128 workers. */
const FRAME_MS = 0.01;
/**
 * Processor time of a frame to a worker beyond the cores, ms. It is that of the parent and of the worker, which must wake up
 * first. With 32 processes, an idle handler called in small frames took a worker 43 µs.
 */
const WAKING_FRAME_MS = 0.05;
/**
 * Share of a worker's time that frames may take. Below it, one worker gets more tasks before the next is woken. So a worker
 * is woken for each 0.1 ms of work. At half the share, the second core would idle for up to 0.2 ms of work. At double, a
 * frame costs a fifth.
 */
const FRAME_SHARE = 0.1;
/**
 * Least time that a task takes its worker, ms. With 1,000 callers of an idle handler: 0.35 µs of processor time, and its
 * claim.
 */
const LEAST_COST_MS = 0.0005;
/** Time to encode or decode a byte of a small value, ms: 617 ns for a record of 120 bytes. */
const MS_PER_BYTE = 5e-6;

/** Expected time that a task takes its worker, ms. @param bytes of its input and its result */
export function taskCostMs(typicalMs: number, bytes: number): number {
  return Math.max(typicalMs, LEAST_COST_MS) + bytes * MS_PER_BYTE;
}

/**
 * Whether a task costs less than the frame that would bring it to one more worker.
 * @param awake number of workers with tasks
 * @param cores cores that the program may use
 */
export function isTiny(costMs: number, awake: number, cores: number): boolean {
  return costMs < (awake < cores ? FRAME_MS : WAKING_FRAME_MS);
}

/**
 * Number of tiny tasks that a worker gets before the next worker is woken for them. A further worker shares the work, and
 * makes frames smaller. Up to the cores, that pays from FRAME_MS / FRAME_SHARE of work for each worker; beyond them, never.
 * @param awake number of workers with tasks
 * @param cores cores that the program may use
 * @param inFlight number of tasks that wait or are in workers
 */
export function tasksBeforeNext(costMs: number, awake: number, cores: number, inFlight: number): number {
  const worth = Math.ceil(FRAME_MS / FRAME_SHARE / costMs);
  return awake < cores ? worth : Math.max(worth, Math.ceil(inFlight / Math.ceil(cores)));
}

export interface FrameFillingParts {
  clock: Clock;
  /** Tasks running at once in one worker; it may change. */
  concurrency(): number;
  /** Cores that the program may use. */
  cores(): number;
}

/**
 * Makes tiny tasks join a worker that is active, rather than wake one more for them. With 2 worker processes on 2 cores,
 * 1,000 callers of an idle handler did 1.68 million tasks a second. With 32 that shared the tasks evenly, they did 0.07
 * million.
 */
export class FrameFilling {
  readonly #parts: FrameFillingParts;
  /** Whether the last task asked about is tiny. */
  #isTiny = false;
  /** The worker that gets tiny tasks now, and up to which number. */
  #open: Candidate | undefined;
  #fill = 0;
  /** Number of workers with tasks, counted once in a pass. */
  #awake: number | undefined;

  constructor(parts: FrameFillingParts) {
    this.#parts = parts;
  }

  /** Begins a pass, which forgets what was known of workers. */
  begin(): void {
    this.#open = undefined;
    this.#isTiny = false;
    this.#awake = undefined;
  }

  /** The active worker that this task should join. @param inFlight number of tasks that wait or are in workers */
  toJoin(task: Task, candidates: ReadonlyMap<unknown, Candidate>, inFlight: number): Candidate | undefined {
    const { typicalMs, resultBytes } = task.type;
    this.#isTiny = false;
    // Most often a task is long by its time alone.
    if (typicalMs >= WAKING_FRAME_MS || task.key !== undefined || task.isOneShot || task.isLimited) return undefined;
    const costMs = taskCostMs(typicalMs, task.totalBytes + resultBytes);
    this.#awake ??= countAwake(candidates);
    if (!isTiny(costMs, this.#awake, this.#parts.cores())) return undefined;
    this.#isTiny = true;
    if (this.#open === undefined || !this.#hasRoom(this.#open, typicalMs)) {
      this.#fill = tasksBeforeNext(costMs, this.#awake, this.#parts.cores(), inFlight);
      this.#open = this.#fullest(candidates, typicalMs);
    }
    return this.#open;
  }

  /** Notes that an idle candidate got the last task asked about. Tasks that follow in this pass join it. */
  noteWoken(candidate: Candidate): void {
    if (this.#awake !== undefined) this.#awake++;
    if (!this.#isTiny) return;
    candidate.wokenAtMs = this.#parts.clock.now();
    this.#open = candidate;
  }

  /** The candidate with the most tasks among those with recent work and room. The others run dry and come to rest. */
  #fullest(candidates: ReadonlyMap<unknown, Candidate>, typicalMs: number): Candidate | undefined {
    const recently = this.#parts.clock.now() - STANDSTILL_MS;
    let fullest: Candidate | undefined;
    for (const candidate of candidates.values()) {
      const { worker, wokenAtMs } = candidate;
      if (worker.inFlight <= (fullest?.worker.inFlight ?? 0) || Math.max(worker.usedAtMs, wokenAtMs) < recently)
        continue;
      if (this.#hasRoom(candidate, typicalMs)) fullest = candidate;
    }
    return fullest;
  }

  #hasRoom(candidate: Candidate, typicalMs: number): boolean {
    const { worker, prefetchMs, mayPrefetch } = candidate;
    if (worker.inFlight === 0 || worker.inFlight >= this.#fill || !mayPrefetch) return false;
    return roomFor(worker, this.#parts.concurrency(), 'auto', typicalMs, prefetchMs) > 0;
  }
}

function countAwake(candidates: ReadonlyMap<unknown, Candidate>): number {
  let awake = 0;
  for (const { worker } of candidates.values()) if (worker.inFlight > 0) awake++;
  return awake;
}
