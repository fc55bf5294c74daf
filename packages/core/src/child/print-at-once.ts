import { process } from '../base/natives.js';

interface Handle {
  setBlocking?(blocking: boolean): void;
}

/**
 * Makes output of this process reach its pipe before the call returns, however slowly the parent reads. The call waits, instead of
 * keeping the rest in memory. So nothing is lost when a handler ends the process, and a result never overtakes its handler's
 * output. For pipes of our own only: an inherited one is also the parent's, which must not be made to wait.
 */
export function printAtOnce(): void {
  for (const name of ['stdout', 'stderr'] as const) whenFirstUsed(name);
}

/** Deferred: opening the streams takes milliseconds, and most workers print nothing. */
function whenFirstUsed(name: 'stdout' | 'stderr'): void {
  const asItWas = Object.getOwnPropertyDescriptor(process, name);
  if (asItWas?.get === undefined) return;
  Object.defineProperty(process, name, {
    ...asItWas,
    get() {
      Object.defineProperty(process, name, asItWas);
      const stream = process[name] as { _handle?: Handle };
      // Node does the same on Windows. If a handle cannot, lines are written as usual.
      stream._handle?.setBlocking?.(true);
      return stream;
    },
  });
}
