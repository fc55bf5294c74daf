import type { EventLoopUtilization } from 'node:perf_hooks';
import { nodeTiming, now } from './natives.js';

/**
 * As performance.eventLoopUtilization(), which reads process.hrtime at each call in Node 20: fakes of that are among the
 * first that tests install.
 * @param since what this returned before, for what has been since then
 */
export function eventLoopUtilization(since?: EventLoopUtilization): EventLoopUtilization {
  const { loopStart, idleTime } = nodeTiming;
  // -1 before the loop has begun.
  if (loopStart <= 0) return { idle: 0, active: 0, utilization: 0 };
  const idle = idleTime - (since?.idle ?? 0);
  const active = now() - loopStart - idleTime - (since?.active ?? 0);
  return { idle, active, utilization: active / (idle + active) };
}
