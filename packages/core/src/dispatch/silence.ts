import type { ThreadState } from '../sizing/thread-state.js';

/** Longest step from one look to the next that counts in full: during a longer one, the loop of the parent stood still. */
const LONGEST_STEP_MS = 500;
/**
 * What a longer step counts. Less than any patience: the loop reads what has arrived before the next look. More than nothing:
 * on a machine with work for many more cores all looks may be late.
 */
const LATE_STEP_MS = 125;
/** How long a worker with tasks that have not begun may say nothing, at the least. */
const PATIENCE_MS = 1000;
const LEAST_PATIENCE_MS = 250;

/** What is known of a worker that has tasks, none of which has begun, and says nothing. Plain data. */
export interface Silence {
  /** Time of silence that the worker had the means to end, ms. */
  readonly countedMs: number;
  /** At the last look; host clock. */
  readonly lookedAtMs: number;
  /** Processor time of its loop's thread then, where the system tells. */
  readonly cpuMs: number | undefined;
}

/** A silence that begins now. */
export function startSilence(nowMs: number, state: ThreadState | undefined): Silence {
  return { countedMs: 0, lookedAtMs: nowMs, cpuMs: state?.cpuMs };
}

/**
 * The silence one look later. A worker that runs counts by the processor time it got, so that none is blamed for a machine
 * that is busy; one that sleeps or is stopped counts in full, since work lies before it.
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
 * How long such a silence may last: a second and twice the usual start of a worker, or the shortest limit of the tasks that wait
 * there, if that is less.
 */
export function patienceMs(usualStartMs: number, shortestLimitMs: number): number {
  return Math.max(LEAST_PATIENCE_MS, Math.min(PATIENCE_MS + 2 * usualStartMs, shortestLimitMs));
}
