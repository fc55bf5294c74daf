import type { Backend } from '../backend/backend.js';
import { systemClock } from '../base/clock.js';
import type { CacheEnd } from '../cache/result-cache.js';
import type { CloseOptions } from '../contract/call-options.js';
import { checkCloseOptions } from '../contract/check-options.js';
import type { PoolError } from '../contract/errors.js';
import type { FallbackEnd } from '../limits/fallback.js';
import type { ShapingEnd } from '../shaping/shaped-calls.js';
import type { PoolState } from './pool-state.js';

export interface EndingParts {
  backend: Backend;
  state: PoolState;
  cache: CacheEnd | undefined;
  shaping: ShapingEnd;
  fallbacks: FallbackEnd;
  /** Reports that the pool has failed: its tasks are rejected, and its workers are being killed. */
  failed(failure: PoolError<'ERR_POOL_FAILED'>): void;
  /** Reports that nothing of the pool is left. */
  closed(): void;
}

/** Ends a pool: closed after its work, destroyed before that, or failed. */
export class Ending {
  readonly #backend: Backend;
  readonly #state: PoolState;
  readonly #cache: CacheEnd | undefined;
  readonly #shaping: ShapingEnd;
  readonly #fallbacks: FallbackEnd;
  readonly #failed: EndingParts['failed'];
  readonly #closed: EndingParts['closed'];
  #closing: Promise<void> | undefined;

  constructor({ backend, state, cache, shaping, fallbacks, failed, closed }: EndingParts) {
    this.#backend = backend;
    this.#state = state;
    this.#cache = cache;
    this.#shaping = shaping;
    this.#fallbacks = fallbacks;
    this.#failed = failed;
    this.#closed = closed;
  }

  /** @throws ERR_OPTION */
  close(options: CloseOptions): Promise<void> {
    const { timeoutMs, drop } = checkCloseOptions(options);
    this.#closing ??= this.#close();
    if (drop === 'queued') this.#drop();
    if (timeoutMs === undefined || timeoutMs === Infinity || this.#state.name === 'closed') return this.#closing;
    const timer = systemClock.after(timeoutMs, () => void this.destroy(`close() had ${timeoutMs} ms`));
    return this.#closing.finally(() => timer.cancel());
  }

  async destroy(reason: unknown): Promise<void> {
    if (this.#state.name === 'closed') return;
    const error = this.#state.closedError('destroyed', reason);
    if (this.#state.isOpen) this.#state.move('closing', error);
    this.#cache?.end(error);
    this.#shaping.end(error);
    this.#fallbacks.end(error);
    await this.#backend.kill(error, this.#state.closedError());
    await this.#finish();
  }

  /** Fails the pool, since its workers cannot be kept alive. */
  fail(reason: string, cause: unknown): void {
    if (this.#state.name === 'closed' || this.#state.name === 'failed') return;
    const failure = this.#state.fail(reason, cause);
    this.#cache?.end(failure);
    this.#shaping.end(failure);
    this.#fallbacks.end(failure);
    void this.#backend.kill(failure);
    this.#failed(failure);
  }

  /** Drops what waits. What has begun goes on, and so does the close. */
  #drop(): void {
    if (this.#state.name !== 'closing') return;
    // A call that waits for the store may find its result there. It begins no task.
    this.#cache?.refuse(this.#state.closedError());
    this.#backend.dropWaiting('close');
  }

  async #close(): Promise<void> {
    if (this.#state.isOpen) this.#state.move('closing');
    // What waits in throttle or debounce was accepted, and its time need not be waited for.
    this.#shaping.close();
    // Calls that wait for the store were accepted, too. Their tasks may yet begin.
    await this.#cache?.whenLookedUp();
    await this.#backend.drain(this.#state.closedError());
    // Last: a task that the drain finishes may be refused, and its call then asks its fallback.
    await this.#fallbacks.whenOver();
    await this.#finish();
  }

  async #finish(): Promise<void> {
    this.#shaping.stop();
    await this.#cache?.close();
    if (this.#state.name !== 'closed') this.#state.move('closed');
    this.#closed();
  }
}
