import type { Backend } from '../backend/backend.js';
import { systemClock } from '../base/clock.js';
import type { CloseOptions } from '../contract/call-options.js';
import { checkCloseOptions } from '../contract/check-options.js';
import type { PoolError } from '../contract/errors.js';
import type { PoolState } from './pool-state.js';

export interface EndingParts {
  backend: Backend;
  state: PoolState;
  /** Reports that the pool has failed: its tasks are rejected, and its workers are being killed. */
  failed(failure: PoolError<'ERR_POOL_FAILED'>): void;
}

/** Ends a pool: closed after its work, destroyed before that, or failed. */
export class Ending {
  readonly #backend: Backend;
  readonly #state: PoolState;
  readonly #failed: EndingParts['failed'];
  #closing: Promise<void> | undefined;

  constructor({ backend, state, failed }: EndingParts) {
    this.#backend = backend;
    this.#state = state;
    this.#failed = failed;
  }

  /** @throws ERR_OPTION */
  close(options: CloseOptions): Promise<void> {
    checkCloseOptions(options);
    this.#closing ??= this.#close();
    const { timeoutMs } = options;
    if (timeoutMs === undefined || timeoutMs === Infinity || this.#state.name === 'closed') return this.#closing;
    const timer = systemClock.after(timeoutMs, () => void this.destroy(`close() had ${timeoutMs} ms`));
    return this.#closing.finally(() => timer.cancel());
  }

  async destroy(reason: unknown): Promise<void> {
    if (this.#state.name === 'closed') return;
    const error = this.#state.closedError('destroyed', reason);
    if (this.#state.isOpen) this.#state.move('closing', error);
    await this.#backend.kill(error, this.#state.closedError());
    this.#finish();
  }

  /** Fails the pool, since its workers cannot be kept alive. */
  fail(reason: string, cause: unknown): void {
    if (this.#state.name === 'closed' || this.#state.name === 'failed') return;
    const failure = this.#state.fail(reason, cause);
    void this.#backend.kill(failure);
    this.#failed(failure);
  }

  async #close(): Promise<void> {
    if (this.#state.isOpen) this.#state.move('closing');
    await this.#backend.drain(this.#state.closedError());
    this.#finish();
  }

  #finish(): void {
    if (this.#state.name !== 'closed') this.#state.move('closed');
  }
}
