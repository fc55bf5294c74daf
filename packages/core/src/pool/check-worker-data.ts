import { serialize } from '../base/v8-natives.js';
import { structuredClone } from '../base/natives.js';
import { PoolError } from '../contract/errors.js';
import type { PoolKind } from '../contract/options.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';

/** Refuses data that no worker could be given, before one is started. @throws ERR_OPTION */
export function checkWorkerData({ workerData, warmup, kind }: ResolvedOptions): void {
  check(workerData, kind, 'workerData');
  warmup.forEach(({ input }, index) => check(input, kind, `warmup.tasks[${index}].input`));
}

function check(value: unknown, kind: PoolKind, option: string): void {
  try {
    if (kind === 'process') serialize(value);
    else structuredClone(value);
  } catch (cause) {
    const reason = `must be cloneable: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new PoolError('ERR_OPTION', { option, reason }, { cause });
  }
}
