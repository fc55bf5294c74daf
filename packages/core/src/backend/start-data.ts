import { messageOf } from '../base/message-of.js';
import { NotSerializable } from '../codec/not-serializable.js';
import { PoolError } from '../contract/errors.js';
import type { PoolKind } from '../contract/options.js';
import type { GivenStartData } from '../contract/resolved-options.js';
import type { StartData } from '../transport/transport.js';
import { type StartValue, takeStartValue } from '../wire/start-value.js';

/**
 * Copies what every worker gets at its start, once. The caller may change its own data, or move it away, before the last
 * worker starts.
 * @throws ERR_OPTION for data that workers of this kind cannot get
 */
export function takeStartData({ workerData, warmup }: GivenStartData, kind: PoolKind): StartData {
  return {
    workerData: taken(workerData, kind, 'workerData'),
    warmup: warmup.map(({ name, input, times }, index) => ({
      name,
      input: taken(input, kind, `warmup.tasks[${index}].input`),
      times,
    })),
  };
}

function taken(value: unknown, kind: PoolKind, option: string): StartValue {
  try {
    return takeStartValue(value, kind !== 'process');
  } catch (cause) {
    const reason = `must be cloneable: ${cause instanceof NotSerializable ? cause.describe(option) : messageOf(cause)}`;
    throw new PoolError('ERR_OPTION', { option, reason }, { cause });
  }
}
