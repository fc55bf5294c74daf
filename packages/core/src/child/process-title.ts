import { process } from '../base/natives.js';

/**
 * Shows in lists of processes which worker this is. A title that the flag --title or preloaded code has set stays, and the worker
 * module may set its own.
 */
export function nameProcess(pool: string, slot: number): void {
  // Node begins with the name that it was started by.
  if (process.title !== process.argv0 && process.title !== 'node') return;
  process.title = `millpond ${pool}#${slot}`;
}
