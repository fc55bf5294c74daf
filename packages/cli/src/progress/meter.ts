/** Progress of a run, as numbers to show. */
export interface Reading {
  done: number;
  /** Undefined if only reading the input to its end would tell. */
  total: number | undefined;
  /** Items per second: the moving average, or the mean if that is more meaningful. 0 before the first item. */
  ratePerS: number;
  /** Milliseconds until the end; undefined without a sound estimate. */
  etaMs: number | undefined;
  elapsedMs: number;
}

/** The moving average between two samples. Plain data; times are milliseconds of a monotonic clock. */
export interface Meter {
  readonly startedAtMs: number;
  readonly sampledAtMs: number;
  readonly sampledDone: number;
  /** Sum of the weighted rates, and the sum of their weights, which is below 1 while the run is young. */
  readonly weightedPerS: number;
  readonly weight: number;
}

/** Weight of a sample falls to 1/e after this long. */
const AVERAGE_OVER_MS = 10_000;
/** Samples closer together than this are all noise. */
const SAMPLE_EVERY_MS = 200;
/** No estimate of the end before this long, and before this many items. */
const ETA_AFTER_MS = 2000;
const ETA_AFTER_ITEMS = 10;
/** Below this rate most samples are empty. The mean over the whole run is then more meaningful than a moving average. */
const SLOW_PER_S = 2;

export function startMeter(nowMs: number): Meter {
  return { startedAtMs: nowMs, sampledAtMs: nowMs, sampledDone: 0, weightedPerS: 0, weight: 0 };
}

/** The meter after `done` items in all. Ignores samples that come too soon after the last. */
export function sample(meter: Meter, nowMs: number, done: number): Meter {
  const elapsedMs = nowMs - meter.sampledAtMs;
  if (elapsedMs < SAMPLE_EVERY_MS) return meter;
  const currentPerS = ((done - meter.sampledDone) * 1000) / elapsedMs;
  const fresh = 1 - Math.exp(-elapsedMs / AVERAGE_OVER_MS);
  return {
    startedAtMs: meter.startedAtMs,
    sampledAtMs: nowMs,
    sampledDone: done,
    weightedPerS: meter.weightedPerS * (1 - fresh) + currentPerS * fresh,
    weight: meter.weight * (1 - fresh) + fresh,
  };
}

/** Numbers to show now. */
export function read(meter: Meter, nowMs: number, done: number, total: number | undefined): Reading {
  const elapsedMs = Math.max(0, nowMs - meter.startedAtMs);
  const meanPerS = elapsedMs === 0 ? 0 : (done * 1000) / elapsedMs;
  const ratePerS = meanPerS < SLOW_PER_S || meter.weight === 0 ? meanPerS : meter.weightedPerS / meter.weight;
  const known =
    total !== undefined && done < total && ratePerS > 0 && elapsedMs >= ETA_AFTER_MS && done >= ETA_AFTER_ITEMS;
  const etaMs = known ? (Math.max(0, total - done) / ratePerS) * 1000 : undefined;
  return { done, total, ratePerS, etaMs, elapsedMs };
}
