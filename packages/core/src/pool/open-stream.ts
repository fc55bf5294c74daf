import type { FlowingTask } from '../backend/backend.js';
import type { StreamOptions } from '../contract/call-options.js';
import type { TaskStream } from '../contract/flowing-calls.js';
import { FLOW_WINDOW, type FlowWindow } from '../wire/flow.js';
import { FlowReceiver } from '../wire/flow-receiver.js';
import { CallSignal } from './call-signal.js';

type Open = (options: StreamOptions, stream: FlowWindow) => FlowingTask;

/**
 * Starts a task whose handler yields values. A call that is refused gives a stream with that error.
 * @param open submits the task with these options
 */
export function openStream<T>(options: StreamOptions, open: Open): TaskStream<T> {
  const { highWaterMark = FLOW_WINDOW.values, signal: given, ...own } = options;
  const refused = new FlowReceiver(FLOW_WINDOW);
  let output = refused;
  const signal = new CallSignal(given, (reason) => output.abandon(reason));
  try {
    given?.throwIfAborted();
    const task = open({ ...own, signal: signal.signal }, { ...FLOW_WINDOW, values: highWaterMark });
    output = task.flows.output;
    task.flows.onUnread = (error) => signal.abort(error);
    // The stream has the error of the task, too.
    const settled = (): void => signal.release();
    task.result.then(settled, settled);
  } catch (error) {
    signal.release();
    refused.fail(error);
  }
  return new OpenStream(output, signal);
}

class OpenStream<T> implements TaskStream<T> {
  readonly #output: FlowReceiver;
  readonly #signal: CallSignal;

  constructor(output: FlowReceiver, signal: CallSignal) {
    this.#output = output;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#output.next() as Promise<IteratorResult<T, undefined>>;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    // Closed first: then the reason of its end is no error of the stream.
    this.#output.close();
    this.#signal.abort(new DOMException('The stream was left before its end.', 'AbortError'));
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
