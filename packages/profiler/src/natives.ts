import { performance } from 'node:perf_hooks';
import nodeProcess from 'node:process';
import timers from 'node:timers';

/*
 * Node's own functions, taken once: a test that fakes timers must not stop a report.
 * The linter keeps the globals out of all other files.
 */
const { clock } = timers.setImmediate as { clock?: { _setImmediate?: typeof timers.setImmediate } };
/** What a fake of @sinonjs/fake-timers stands for, where that was installed before. */
export const setImmediate = clock?._setImmediate ?? timers.setImmediate;
export const eventLoopUtilization = performance.eventLoopUtilization.bind(performance);
export const Date = globalThis.Date;
export const process = nodeProcess;
