import { fileURLToPath } from 'node:url';
import { PoolError } from '../contract/errors.js';
import type { Recycling } from '../supervise/replace-all.js';

/** What `recycle()` rejects with when it had to stop: a new worker could not be started. */
export function recycleError(
  moduleUrl: string,
  { replaced, of }: Recycling,
  cause: unknown,
): PoolError<'ERR_WORKER_START'> {
  const why = cause instanceof Error ? ` ${cause.message}` : '';
  const reason = `${replaced} of ${of} workers were replaced, and the others stay.${why}`;
  return new PoolError('ERR_WORKER_START', { module: fileURLToPath(moduleUrl), phase: 'recycle()', reason }, { cause });
}
