import type { LoadedHandler } from './worker-module.js';

/**
 * Calls a handler so that V8 does not inline it into our own code. V8 would do so in a worker with a single small handler. A loop
 * of it would then belong to a function that is compiled in a hurry, after some thousand tasks. It cannot change to better code
 * while it runs. Measured with a loop of a million steps on two workers: 240 tasks a second for five to nine seconds. After
 * that, 120 with Node 20, 100 with Node 26, 50 with Node 24. With this call the rate stays at 240 with Node 20 and 26. With
 * Node 24 it is 150 to 240: there the loop alone is recompiled now and then.
 */
export function callHandler(handler: LoadedHandler, input: unknown, context: unknown): unknown {
  return handler(input, context);
}

// V8 does not inline a call that has called several functions. It begins to record them after some dozens of calls.
const OTHERS: readonly LoadedHandler[] = [() => undefined, () => null, (input) => input, (_input, context) => context];
for (let n = 0; n < 2000; n++) callHandler(OTHERS[n % OTHERS.length] as LoadedHandler, n, n);
