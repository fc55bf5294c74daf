import type { ThreadState } from '../sizing/thread-state.js';

/** Longest step between two looks that counts in full. During a longer one, the parent's own loop stood still. */
const LONGEST_STEP_MS = 500;
/**
 * Time that a longer step counts. It is less than any patience, because the loop reads what has arrived before the next look.
 * It is more than nothing, because on an overloaded machine all looks may be late.
 */
const LATE_STEP_MS = 125;
/** Usual and least time that a worker may be silent while its tasks have not begun. The least is that between two of its reports. */
const PATIENCE_MS = 1000;
const LEAST_PATIENCE_MS = 250;

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
