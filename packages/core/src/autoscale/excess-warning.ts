import { process } from '../base/natives.js';
import { takeExcess } from '../sizing/governor.js';

/**
 * Warns once of a program whose pools together have many more computing workers than it has cores. Each pool alone may look right:
 * the usual mistake is one pool for each request, tenant or library.
 */
export function warnOfExcess(cores: number): void {
  const workers = takeExcess(cores);
  if (workers === undefined) return;
  const warning =
    `All pools of this program together have ${workers} workers for tasks that compute, on ${Number(cores.toFixed(2))} usable ` +
    'cores. More than one such worker for each core brings no speed, and each takes memory. Share one pool, or let pools choose ' +
    'their size (workers: "auto"). pools() lists them.';
  process.emitWarning(warning, { type: 'MillpondWarning', code: 'MILLPOND_TOO_MANY_WORKERS' });
}
