import { process } from '../base/natives.js';
import type { DeathReport } from '../contract/errors.js';

/**
 * Warns of a worker that was asked to stop, and was killed for its slowness. Its resources may be left as they were. No promise
 * can say so: `close()` has done what it should.
 * @param killedFor why, as the end of a sentence
 */
export function warnOfTeardown(pool: string, { workerId }: DeathReport, killedFor: string): void {
  const warning =
    `Pool "${pool}": worker ${workerId} was killed when it was to stop: ${killedFor}. Its teardown may not have ended. ` +
    'Shorten it, or raise teardownMs, or graceMs for destroy().';
  process.emitWarning(warning, { type: 'MillpondWarning', code: 'MILLPOND_TEARDOWN' });
}
