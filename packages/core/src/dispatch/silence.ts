import type { ThreadState } from '../sizing/thread-state.js';
import { REPORT_EVERY_MS } from '../wire/pace.js';

/**
 * Silence after which no result is on its way: a free loop sends one within BATCH_WAIT_MS. It is less than one beat of the
 * pool, so that each whole beat of silence counts. At double, nearly all workers at a standstill would be found a beat later.
 * At half, two in five would be found a beat sooner.
 */
export const FREE_LOOP_MS = 200;

/**
 * Longest step between two looks that counts in full: two beats of the pool. During a longer one, the parent's own loop stood
 * still. With one beat, every late look would count as a loop that stood still.
 */
const LONGEST_STEP_MS = 2 * REPORT_EVERY_MS;
/**
 * Time that a longer step counts: half of the least patience. The loop reads what has arrived before the next look. At
 * the whole, one such step could end a worker. At nothing, none would end on an overloaded machine, where all looks are late.
 */
const LATE_STEP_MS = REPORT_EVERY_MS / 2;
/**
 * Usual time that a worker may be silent while its tasks have not begun. On an overloaded machine a healthy thread took over 500 ms
 * to answer (worker.ts), so half would end such workers. Double would find stuck ones a second later.
 */
const PATIENCE_MS = 1000;
/** Least such time. A worker that has reported in time is not at a standstill. */
const LEAST_PATIENCE_MS = REPORT_EVERY_MS;

/** Record of a silent worker whose tasks have not begun. Plain data. */
export interface Silence {
  /** Time of silence that the worker had the means to end, ms. */
  readonly countedMs: number;
  /** Time of the last look; host clock. */
  readonly lookedAtMs: number;
  /** Processor time of its loop's thread then, where the system reports it. */
  readonly cpuMs: number | undefined;
}

/** A silence that begins now. */
export function startSilence(nowMs: number, state: ThreadState | undefined): Silence {
  return { countedMs: 0, lookedAtMs: nowMs, cpuMs: state?.cpuMs };
}

/**
 * The silence one look later. A running worker counts by the processor time it got, so that a busy machine is not held
 * against it. A worker that sleeps or is stopped counts in full, since it has work to do.
 * @param isOutputBlocked whether its output waits for a slow reader, and the worker with it
 */
export function goOn(
  silence: Silence,
  nowMs: number,
  state: ThreadState | undefined,
  isOutputBlocked: boolean,
): Silence {
  const sinceMs = nowMs - silence.lookedAtMs;
  const stepMs = sinceMs > LONGEST_STEP_MS ? LATE_STEP_MS : sinceMs;
  const next = { countedMs: silence.countedMs, lookedAtMs: nowMs, cpuMs: state?.cpuMs };
  if (isOutputBlocked) return next;
  if (state === undefined || state.letter !== 'R') return { ...next, countedMs: silence.countedMs + stepMs };
  const gotMs = state.cpuMs - (silence.cpuMs ?? state.cpuMs);
  return { ...next, countedMs: silence.countedMs + Math.min(stepMs, Math.max(0, gotMs)) };
}

/**
 * Longest time that such a silence may last. It is a second and twice the usual start of a worker. A shorter limit of a task
 * that waits there takes precedence.
 */
export function patienceMs(usualStartMs: number, shortestLimitMs: number): number {
  return Math.max(LEAST_PATIENCE_MS, Math.min(PATIENCE_MS + 2 * usualStartMs, shortestLimitMs));
}
