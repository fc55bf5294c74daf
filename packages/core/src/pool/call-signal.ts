import { listen } from '../base/abort-watch.js';
import { AbortController } from '../base/natives.js';

/** The signal of one call. The caller's signal aborts it, and the call itself may. */
export class CallSignal {
  readonly #controller = new AbortController();
  #unlisten: (() => void) | undefined;

  /** @param given the caller's signal, not aborted @param onAbort is called when that aborts, before the task is cancelled */
  constructor(given: AbortSignal | undefined, onAbort: (reason: unknown) => void = () => {}) {
    // Not AbortSignal.any(), which leaves something behind in a signal that lives on.
    this.#unlisten =
      given &&
      listen(given, () => {
        onAbort(given.reason);
        this.abort(given.reason);
      });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    if (this.signal.aborted) return;
    this.release();
    this.#controller.abort(reason);
  }

  /** Forgets the caller's signal, since the task has settled. */
  release(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
  }
}
