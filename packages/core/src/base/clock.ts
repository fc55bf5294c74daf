import { LongTimer } from './long-timer.js';
import { clearTimeout, hrtime, now, setTimeout } from './natives.js';

// process.hrtime() reads CLOCK_MONOTONIC, which every process and thread of a host shares, while performance.now()
// starts at its own origin. One offset per isolate turns the cheap call into the shared clock. Doubles hold 2 ns
// at 10^10 ms. A call of hrtime.bigint() for each stamp would cost an allocation.
/**
 * A difference that no rounding explains, since Date.now() counts whole milliseconds. With less, a loss of the core between
 * two readings counts.
 */
const CLOCK_WAS_SET_MS = 5;
const OFFSET_MS = measureOffsetMs();

/** The tightest of several readings: loss of the core between two calls would shift all stamps of this isolate. */
function measureOffsetMs(): number {
  let offsetMs = 0;
  let tightest = Infinity;
  for (let sample = 0; sample < 8; sample++) {
    const before = now();
    const [seconds, nanoseconds] = hrtime();
    const after = now();
    if (after - before >= tightest) continue;
    tightest = after - before;
    offsetMs = seconds * 1e3 + nanoseconds / 1e6 - (before + after) / 2;
  }
  return offsetMs;
}

/** Milliseconds on the host's monotonic clock: the same clock in every process and thread of this machine. */
export function hostNowMs(): number {
  return now() + OFFSET_MS;
}

/** The clock with which a caller makes a deadline. A test that fakes the time of day makes this clock a fake, too. */
function callersEpochMs(): number {
  // eslint-disable-next-line no-restricted-globals -- the caller's own
  return Date.now();
}

let epochOffsetMs = callersEpochMs() - hostNowMs();

/**
 * Converts a time of day, ms since the epoch, to the host clock. Equal times give equal results until the clock is set, although
 * Date.now() has only whole milliseconds.
 */
export function hostMsOfEpoch(epochMs: number): number {
  const offsetMs = callersEpochMs() - hostNowMs();
  if (Math.abs(offsetMs - epochOffsetMs) > CLOCK_WAS_SET_MS) epochOffsetMs = offsetMs;
  return epochMs - epochOffsetMs;
}

/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/** Time behind an interface, so that tests control it. Its times are on the clock of `hostNowMs`. */
export interface Clock {
  now(): number;
  /** Calls back once, no earlier than `delayMs` from now. Does not keep the program alive. */
  after(delayMs: number, callback: () => void): Timer;
}

/**
 * Lateness of a timer, in ms, that shows a loop without time to run timers or to read messages. A tick of Windows' clock is 15.6
 * ms, and every timer there may be late by one.
 */
const LATE_MS = 20;

/** Whether a timer that was due then fires late now. What arrived meanwhile must then be read before a verdict. */
export function isLate(dueAtMs: number, nowMs: number): boolean {
  return nowMs - dueAtMs > LATE_MS;
}

/** Longest delay of setTimeout, 24.8 days: a longer one fires at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The real clock. */
export const systemClock: Clock = {
  now: hostNowMs,
  after(delayMs, callback) {
    return delayMs > MAX_DELAY_MS
      ? new LongTimer(shortClock, MAX_DELAY_MS, delayMs, callback)
      : shortTimer(delayMs, callback);
  },
};

/** The real clock, for delays that setTimeout can take. */
const shortClock: Clock = { now: hostNowMs, after: shortTimer };

function shortTimer(delayMs: number, callback: () => void): Timer {
  const timer = setTimeout(callback, Math.max(0, Math.ceil(delayMs)));
  timer.unref();
  return { cancel: () => clearTimeout(timer) };
}
