import { EventEmitter } from 'eventemitter3';
import { callSafely } from '../base/call-safely.js';
import { didYouMean } from '../base/nearest.js';
import { wrongArgument } from '../contract/arguments.js';
import { inspectBriefly } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';
import type { BreakerEvent } from '../contract/events.js';
import type { WrapEvents } from '../contract/wrap-options.js';

type Name = keyof WrapEvents;
type Listener = (event: BreakerEvent) => void;

const NAMES: readonly Name[] = ['breaker:open', 'breaker:half-open', 'breaker:close'];

/** The events of one wrapped function. */
export class FunctionEvents {
  readonly #emitter = new EventEmitter<WrapEvents>();

  /** @throws ERR_OPTION */
  on(event: Name, listener: Listener): void {
    checkName(event);
    if (typeof listener !== 'function') throw wrongArgument('listener', 'a function', listener);
    this.#emitter.on(event, listener);
  }

  /** @throws ERR_OPTION */
  off(event: Name, listener: Listener): void {
    checkName(event);
    // Without a listener, all of them would go, also those of other code.
    if (typeof listener !== 'function') throw wrongArgument('listener', 'a function', listener);
    this.#emitter.off(event, listener);
  }

  breakerChanged(event: BreakerEvent): void {
    const name = nameOf(event);
    callSafely(() => this.#emitter.emit(name, event));
  }
}

function nameOf({ to }: BreakerEvent): Name {
  if (to === 'half-open') return 'breaker:half-open';
  return to === 'closed' ? 'breaker:close' : 'breaker:open';
}

/** Refuses unknown events: a listener with a misspelt name would wait for ever. @throws ERR_OPTION */
function checkName(event: unknown): void {
  if (NAMES.includes(event as Name)) return;
  const reason = `must be one of ${NAMES.join(', ')}; received ${inspectBriefly(event)}.${didYouMean(event, NAMES)}`;
  throw new PoolError('ERR_OPTION', { option: 'event', reason, isArgument: true });
}
