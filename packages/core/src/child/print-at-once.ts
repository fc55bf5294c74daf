import { process } from '../base/natives.js';

interface Handle {
  setBlocking?(blocking: boolean): void;
}

/**
 * What this process prints is in its pipe when the call returns, however slowly the parent reads: it waits instead of keeping
 * the rest in memory. So nothing is lost when a handler ends the process, and a result never overtakes what its handler
 * printed. For pipes of our own only: an inherited one is also the parent's, which must not be made to wait.
 */
export function printAtOnce(): void {
  for (const name of ['stdout', 'stderr'] as const) whenFirstUsed(name);
}

/** Opening the streams takes milliseconds, and most workers print nothing. */
function whenFirstUsed(name: 'stdout' | 'stderr'): void {
  const asItWas = Object.getOwnPropertyDescriptor(process, name);
  if (asItWas?.get === undefined) return;
  Object.defineProperty(process, name, {
    ...asItWas,
    get() {
      Object.defineProperty(process, name, asItWas);
      const stream = process[name] as { _handle?: Handle };
      // Node does the same on Windows. Where a handle cannot, lines are written as ever.
      stream._handle?.setBlocking?.(true);
      return stream;
    },
  });
}
