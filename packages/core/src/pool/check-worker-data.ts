import { serialize } from 'node:v8';
import { PoolError } from '../contract/errors.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';

/** Refuses data that no worker could be given, before one is started. @throws ERR_OPTION */
export function checkWorkerData({ workerData, kind }: ResolvedOptions): void {
  try {
    if (kind === 'process') serialize(workerData);
    else structuredClone(workerData);
  } catch (cause) {
    const reason = `must be cloneable: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new PoolError('ERR_OPTION', { option: 'workerData', reason }, { cause });
  }
}
