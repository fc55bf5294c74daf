import { Buffer as NodeBuffer } from 'node:buffer';
import perfHooks, { monitorEventLoopDelay } from 'node:perf_hooks';
import nodeProcess from 'node:process';
import timers from 'node:timers';

/*
 * Node's own functions, taken once: a test that fakes timers must not stop a report. The linter keeps the globals out of
 * all other files.
 */

/** What a fake of @sinonjs/fake-timers (vitest, jest, sinon) stands for: a program may load us after it installed them. */
function genuine<F extends object>(name: string, found: F): F {
  const { clock } = found as { clock?: Record<string, F | undefined> };
  return clock?.[`_${name}`] ?? found;
}

export const setImmediate = genuine('setImmediate', timers.setImmediate);
export const setTimeout = genuine('setTimeout', timers.setTimeout);
export const clearTimeout = genuine('clearTimeout', timers.clearTimeout);
export const setInterval = genuine('setInterval', timers.setInterval);
export const clearInterval = genuine('clearInterval', timers.clearInterval);
export const performance = genuine('performance', perfHooks.performance);
export const { nodeTiming } = performance;
export const eventLoopUtilization = performance.eventLoopUtilization.bind(performance);
export const Date = genuine('Date', globalThis.Date);
export const process = nodeProcess;
export const cpuUsage = nodeProcess.cpuUsage.bind(nodeProcess);
export const memoryUsage = nodeProcess.memoryUsage.bind(nodeProcess);
export { monitorEventLoopDelay };
export const Buffer = NodeBuffer;
export type Buffer = NodeBuffer;
export const { totalmem } = nodeProcess.getBuiltinModule('node:os');
export const { readFileSync, statSync } = nodeProcess.getBuiltinModule('node:fs');
export const getBuiltinModule: NodeJS.Process['getBuiltinModule'] = nodeProcess.getBuiltinModule.bind(nodeProcess);
