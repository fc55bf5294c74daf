import { hostMsOfEpoch } from '../base/clock.js';
import type { RunOptions } from '../contract/options.js';
import { overrideSettings, type TaskSettings } from '../contract/resolve-options.js';
import type { TaskExtras } from '../task/task.js';

/**
 * What one call asks for beyond what is settled for its name.
 * @param canMove whether inputs of this pool can be moved; elsewhere `transfer` copies
 */
export function toExtras(options: RunOptions, base: TaskSettings, canMove: boolean): TaskExtras {
  const { signal, deadline, onProgress, key, borrow } = options;
  const transfer = canMove && options.transfer?.length ? options.transfer : undefined;
  const settings = overrideSettings(base, options);
  if (deadline === undefined) return { settings, signal, onProgress, key, transfer, borrow };
  const epochMs = Number(deadline);
  return { settings, signal, onProgress, key, transfer, borrow, deadline: { epochMs, hostMs: hostMsOfEpoch(epochMs) } };
}
