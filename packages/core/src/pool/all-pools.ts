import type { CloseOptions } from '../contract/call-options.js';
import { checkCloseOptions } from '../contract/check-options.js';
import { listed } from './open-pools.js';
import type { Pool } from './pool.js';

/**
 * All pools of this program that are not closed: open, closing or failed, in the order of their construction. The list does not
 * keep them alive. Pools of workers are in the lists of those workers.
 */
export function pools(): Pool[] {
  return listed() as Pool[];
}

/**
 * Closes all pools of this program, as `close()` of each does, and resolves when the last worker has gone. A pool that is made
 * meanwhile stays open. If one cannot be closed, the others are, and the promise rejects with its error.
 *
 * ```ts
 * process.once('SIGTERM', () => void closeAll({ timeoutMs: 10_000 }));
 * ```
 *
 * @throws ERR_OPTION at once, for wrong options; all pools then stay as they are
 */
export function closeAll(options: CloseOptions = {}): Promise<void> {
  checkCloseOptions(options);
  return closeEach(options);
}

async function closeEach(options: CloseOptions): Promise<void> {
  // A copy of this library in another version may know other options. What one of them refuses must not leave the others open.
  const ends = await Promise.allSettled(listed().map(async (pool) => pool.close(options)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
