import { Date } from '../base/natives.js';
import { PoolError } from '../contract/errors.js';
import type { PoolStateName } from '../contract/stats.js';

/** Legal moves of a pool. open accepts work; closing finishes accepted work; failed and closed run nothing more. */
export const POOL_MOVES: Readonly<Record<PoolStateName, readonly PoolStateName[]>> = {
  open: ['closing', 'failed', 'closed'],
  closing: ['failed', 'closed'],
  failed: ['closed'],
  closed: [],
};

/** The state of one pool, its only writer, and the reason for which it refuses work. */
export class PoolState {
  readonly #pool: string;
  #name: PoolStateName = 'open';
  #sinceEpochMs = Date.now();
  #failure: PoolError<'ERR_POOL_FAILED'> | undefined;
  /** Called when the pool accepts no more tasks. */
  readonly #onEnd = new Set<(error: unknown) => void>();

  constructor(pool: string) {
    this.#pool = pool;
  }

  get name(): PoolStateName {
    return this.#name;
  }

  /** Time of the last move, ms since the epoch. */
  get sinceEpochMs(): number {
    return this.#sinceEpochMs;
  }

  get isOpen(): boolean {
    return this.#name === 'open';
  }

  /** @param refusal the error from now on, where it is not that of the new state */
  move(to: PoolStateName, refusal?: PoolError): void {
    if (!POOL_MOVES[this.#name].includes(to)) {
      throw new PoolError('ERR_STATE', { what: `pool "${this.#pool}"`, from: this.#name, to });
    }
    this.#name = to;
    this.#sinceEpochMs = Date.now();
    if (this.#onEnd.size === 0) return;
    const error = refusal ?? this.closedError();
    const callbacks = [...this.#onEnd];
    this.#onEnd.clear();
    for (const callback of callbacks) callback(error);
  }

  /**
   * Calls back once with the refusal of a pool that accepts no more tasks. The call comes at once if it accepts none now. The
   * returned function unsubscribes. Callbacks must not throw.
   */
  onEnd(callback: (error: unknown) => void): () => void {
    if (!this.isOpen) {
      callback(this.closedError());
      return () => {};
    }
    this.#onEnd.add(callback);
    return () => void this.#onEnd.delete(callback);
  }

  /** Moves to failed. Returns the error that all its tasks reject with. */
  fail(reason: string, cause: unknown): PoolError<'ERR_POOL_FAILED'> {
    const last = cause instanceof Error ? ` The last: ${cause.message}` : '';
    this.#failure = new PoolError('ERR_POOL_FAILED', { pool: this.#pool, reason: reason + last }, { cause });
    this.move('failed');
    return this.#failure;
  }

  /** The error of a pool that has ended: how it failed, or that it is `state`. */
  closedError(state: string = this.#name, cause?: unknown): PoolError {
    if (this.#failure !== undefined) return this.#failure;
    return new PoolError('ERR_POOL_CLOSED', { pool: this.#pool, state }, cause === undefined ? {} : { cause });
  }

  /** @throws ERR_POOL_FAILED */
  refuseIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** @throws ERR_POOL_CLOSED or ERR_POOL_FAILED */
  refuseUnlessOpen(): void {
    if (!this.isOpen) throw this.closedError();
  }
}
