import * as is from './checks.js';

export const HEDGE: is.Shape = {
  after: is.either(is.oneOf('p95'), is.finiteDuration(1)),
  max: is.integer(1, 10),
  budget: is.number(0, 1),
};
export const BREAKER: is.Shape = {
  consecutive: is.integer(1),
  failureShare: is.share(),
  slowShare: is.share(),
  slowMs: is.finiteDuration(1),
  windowMs: is.finiteDuration(10),
  minCalls: is.integer(1),
  openMs: is.finiteDuration(1),
  maxOpenMs: is.finiteDuration(1),
  probes: is.integer(1, 1000),
  probeMs: is.finiteDuration(1),
  on: is.func(),
  crashes: is.bool(),
  key: is.func(),
  fallback: is.func(),
  dryRun: is.bool(),
};
