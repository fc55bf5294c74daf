import { EventEmitter } from 'eventemitter3';
import { callSafely } from '../base/call-safely.js';
import { checkEvent, checkListener } from '../contract/arguments.js';
import type { PoolEvents } from '../contract/events.js';

/** An emitter of a pool's events that refuses names which no pool emits. */
export class CheckedEvents extends EventEmitter<PoolEvents> {
  /**
   * Calls `listener` at every such event; see {@link PoolEvents}. Listeners run synchronously, in the order of their
   * registration. What one throws becomes an uncaught exception of the program.
   * @throws ERR_OPTION for an unknown event, with the nearest name, and for a listener that is not a function
   */
  override on<E extends keyof PoolEvents>(event: E, listener: EventEmitter.EventListener<PoolEvents, E>): this {
    checkListener(event, listener);
    return super.on(event, listener);
  }

  /** Like `on`, but for the next such event only. @throws ERR_OPTION */
  override once<E extends keyof PoolEvents>(event: E, listener: EventEmitter.EventListener<PoolEvents, E>): this {
    checkListener(event, listener);
    return super.once(event, listener);
  }

  /** Removes this listener; without a listener, all of this event. @throws ERR_OPTION for an unknown event */
  override off<E extends keyof PoolEvents>(event: E, listener?: EventEmitter.EventListener<PoolEvents, E>): this {
    checkEvent(event);
    return super.off(event, listener);
  }

  /** The same as `on`. @throws ERR_OPTION */
  override addListener<E extends keyof PoolEvents>(
    event: E,
    listener: EventEmitter.EventListener<PoolEvents, E>,
  ): this {
    return this.on(event, listener);
  }

  /** The same as `off`. @throws ERR_OPTION */
  override removeListener<E extends keyof PoolEvents>(
    event: E,
    listener?: EventEmitter.EventListener<PoolEvents, E>,
  ): this {
    return this.off(event, listener);
  }
}

/** Emits an event. What a listener throws becomes an uncaught exception of the program. */
export function emitSafely<E extends keyof PoolEvents>(
  emitter: CheckedEvents,
  event: E,
  args: Parameters<PoolEvents[E]>,
): void {
  callSafely(() =>
    (emitter.emit as (event: E, ...args: Parameters<PoolEvents[E]>) => boolean).call(emitter, event, ...args),
  );
}
