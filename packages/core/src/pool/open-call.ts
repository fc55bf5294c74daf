import type { FlowingTask } from '../backend/backend.js';
import { callSafely } from '../base/call-safely.js';
import { inThisContext } from '../base/in-this-context.js';
import { checkCallListener } from '../contract/arguments.js';
import type { StartOptions } from '../contract/call-options.js';
import type { TaskCall } from '../contract/flowing-calls.js';
import { CallSignal } from './call-signal.js';

type Listener = (message?: unknown) => void;

/**
 * Starts a task that exchanges messages with its caller. A call that is refused has a result that rejects.
 * @param open submits the task with these options
 */
export function openCall<T>(options: StartOptions, open: (options: StartOptions) => FlowingTask): TaskCall<T> {
  const { signal: given, ...own } = options;
  const signal = new CallSignal(given);
  try {
    given?.throwIfAborted();
    const task = open({ ...own, signal: signal.signal });
    task.flows.onUnread = (error) => signal.abort(error);
    const settled = (): void => signal.release();
    // A branch of its own: an ignored rejection of the result stays unhandled, as that of `run`.
    task.result.then(settled, settled);
    return new OpenCall(
      task.result.then((value) => value as T),
      task.flows,
      signal,
    );
  } catch (error) {
    signal.release();
    return new OpenCall(Promise.reject(error), undefined, signal);
  }
}

class OpenCall<T> implements TaskCall<T> {
  readonly result: Promise<T>;
  /** Undefined if the call was refused. */
  readonly #flows: FlowingTask['flows'] | undefined;
  readonly #signal: CallSignal;
  /** The listeners as given, and as they are called. */
  readonly #onMessage = new Map<unknown, Listener>();
  readonly #onDrain = new Map<unknown, Listener>();

  constructor(result: Promise<T>, flows: FlowingTask['flows'] | undefined, signal: CallSignal) {
    this.result = result;
    this.#flows = flows;
    this.#signal = signal;
    if (flows === undefined) return;
    flows.onDrain = () => {
      for (const listener of [...this.#onDrain.values()]) callSafely(listener);
    };
  }

  post(value: unknown): boolean {
    return this.#flows?.post(value) ?? false;
  }

  on(event: 'message' | 'drain', listener: (message: never) => void): this {
    checkCallListener(event, listener);
    const bound: Listener = inThisContext(listener as Listener);
    if (event === 'drain') {
      this.#onDrain.set(listener, bound);
      return this;
    }
    this.#onMessage.set(listener, bound);
    // Only from the first listener on: before that, messages wait, and their sender is held up.
    if (this.#onMessage.size === 1) this.#flows?.messages.listen((message) => this.#pass(message));
    return this;
  }

  off(event: 'message' | 'drain', listener: (message: never) => void): this {
    checkCallListener(event, listener);
    (event === 'drain' ? this.#onDrain : this.#onMessage).delete(listener);
    return this;
  }

  cancel(reason: unknown = new DOMException('The call was cancelled.', 'AbortError')): void {
    this.#signal.abort(reason);
  }

  #pass(message: unknown): void {
    for (const listener of [...this.#onMessage.values()]) callSafely(listener, message);
  }
}
