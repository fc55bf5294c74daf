import { ignoreRejection } from '../base/ignore-rejection.js';
import { messageOf } from '../base/message-of.js';
import { process } from '../base/natives.js';
import { optionError } from '../contract/check-options.js';
import { checkShape, ownOptions } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';
import { SLOT } from '../contract/option-shapes.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { SlotOptions } from '../contract/slot-options.js';
import { inheritedFlags } from '../transport/node-flags.js';

/** What a worker of one slot is started with. */
export interface SlotSettings {
  readonly options: ResolvedOptions;
  readonly slotEnv: SlotOptions['env'];
}

/**
 * The options of a pool with those that its `perSlot` adds for this slot.
 * @throws ERR_OPTION when `perSlot` throws, or returns anything but such options. It counts as a failed start
 */
export function slotSettings(options: ResolvedOptions, slot: number): SlotSettings {
  if (options.perSlot === undefined) return { options, slotEnv: undefined };
  const own = ask(options.perSlot, slot);
  if (own.execArgv !== undefined && options.kind !== 'process') {
    throw optionError(
      `perSlot(${slot}).execArgv`,
      'works only with kind "process": threads share the flags of the program.',
    );
  }
  const argv = own.argv === undefined ? options.argv : [...options.argv, ...own.argv];
  const execArgv =
    own.execArgv === undefined
      ? options.execArgv
      : [...(options.execArgv ?? inheritedFlags(process.execArgv)), ...own.execArgv];
  return { options: { ...options, argv, execArgv }, slotEnv: own.env };
}

function ask(perSlot: NonNullable<ResolvedOptions['perSlot']>, slot: number): SlotOptions {
  let own: SlotOptions;
  try {
    own = perSlot(slot);
  } catch (cause) {
    const reason = `threw for slot ${slot}: ${messageOf(cause)}`;
    throw new PoolError('ERR_OPTION', { option: 'perSlot', reason }, { cause });
  }
  // A promise is refused below, and nothing waits for its failure.
  ignoreRejection(own);
  checkShape(own, SLOT, `perSlot(${slot})`);
  return ownOptions(own, SLOT);
}
