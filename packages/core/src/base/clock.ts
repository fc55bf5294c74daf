import { now, hrtime, setTimeout, clearTimeout } from './natives.js';
import { LongTimer } from './long-timer.js';

// process.hrtime() reads CLOCK_MONOTONIC, which every process and thread of a host shares, while performance.now()
// starts at its own origin. One offset per isolate turns the cheap call into the shared clock; doubles hold 2 ns
// at 10^10 ms. hrtime.bigint() on every stamp would cost an allocation.
/** A difference no rounding explains. */
const CLOCK_WAS_SET_MS = 5;
const OFFSET_MS = measureOffsetMs();

/** Of several readings the tightest: losing the core between two calls would shift all stamps of this isolate. */
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

/** The clock that a caller reads to make a deadline, which is a fake one in a test that fakes the time of day. */
function callersEpochMs(): number {
  // eslint-disable-next-line no-restricted-globals -- the caller's own
  return Date.now();
}

let epochOffsetMs = callersEpochMs() - hostNowMs();

/**
 * The host-clock time of a time of day, ms since the epoch. Equal times give equal results until the clock is set, though
 * Date.now() knows only whole milliseconds.
 */
export function hostMsOfEpoch(epochMs: number): number {
  const offsetMs = callersEpochMs() - hostNowMs();
  if (Math.abs(offsetMs - epochOffsetMs) > CLOCK_WAS_SET_MS) epochOffsetMs = offsetMs;
  return epochMs - epochOffsetMs;
}

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

/** Time behind an interface, so that tests own it. Times are those of `hostNowMs`. */
export interface Clock {
  now(): number;
  /** Calls back once, no earlier than `delayMs` from now. Does not keep the program alive. */
  after(delayMs: number, callback: () => void): Timer;
}

/** setTimeout fires at once for more than 2^31 − 1 ms, which is 24.8 days. */
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
