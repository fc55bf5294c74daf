import type { EventLoopUtilization } from 'node:perf_hooks';
import { nodeTiming, now } from './natives.js';

/**
 * Same as performance.eventLoopUtilization(), which in Node 20 reads process.hrtime at each call. Tests often install a fake of
 * that.
 * @param since an earlier result, to get the use since then
 */
export function eventLoopUtilization(since?: EventLoopUtilization): EventLoopUtilization {
  const { loopStart, idleTime } = nodeTiming;
  // -1 before the loop has begun.
  if (loopStart <= 0) return { idle: 0, active: 0, utilization: 0 };
  const idle = idleTime - (since?.idle ?? 0);
  const active = now() - loopStart - idleTime - (since?.active ?? 0);
  return { idle, active, utilization: active / (idle + active) };
}
