import type { LoadedHandler } from './worker-module.js';

/**
 * Calls a handler in such a way that V8 does not build it into our own code, as it would where a worker has a single small
 * one. A loop in it is then part of a function that is compiled in a hurry, after some thousand tasks, and cannot change to
 * better code while it runs. Measured with a loop of a million steps on two workers: 240 tasks a second for five to nine
 * seconds, and then 120 with Node 20, 100 with Node 26, 50 with Node 24. By this call they stay at 240 with Node 20 and 26.
 * With Node 24 they are at 150 to 240: there the loop alone is compiled anew now and then.
 */
export function callHandler(handler: LoadedHandler, input: unknown, context: unknown): unknown {
  return handler(input, context);
}

// A call that has been seen to call several functions is not built in. V8 begins to remember after some dozens of calls.
const OTHERS: readonly LoadedHandler[] = [() => undefined, () => null, (input) => input, (_input, context) => context];
for (let n = 0; n < 2000; n++) callHandler(OTHERS[n % OTHERS.length] as LoadedHandler, n, n);
