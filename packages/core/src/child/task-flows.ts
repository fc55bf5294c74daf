import { hostNowMs } from '../base/clock.js';
import { ignoreRejections } from '../base/ignore-rejection.js';
import { messageOf } from '../base/message-of.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import { PoolError } from '../contract/errors.js';
import { closeUnread } from '../wire/close-unread.js';
import type { WireThrown } from '../wire/error-nodes.js';
import { valueFromWire } from '../wire/error-wire.js';
import { FLOW, FLOW_WINDOW, type FlowNumber, type FlowTerms, MOST_MESSAGE_BYTES, MOST_MESSAGES } from '../wire/flow.js';
import type { FlowLink, FlowTaker } from '../wire/flow-link.js';
import { FlowReceiver } from '../wire/flow-receiver.js';
import { FlowSender } from '../wire/flow-sender.js';
import { FlowValueWriter } from '../wire/flow-value.js';
import { Pump, streamIterator } from '../wire/pump.js';
import type { LoadedHandler } from './worker-module.js';

/** What a handler gets as its input, where that flows. */
type FlowingInput = AsyncIterableIterator<unknown, undefined> & AsyncDisposable;

export interface TaskFlowsParts {
  readonly wireId: number;
  /** Name of the task. */
  readonly name: string;
  readonly terms: FlowTerms;
  readonly link: FlowLink;
  readonly encoder: ValueEncoder;
  readonly clones: boolean;
  /** Tells the parent that the handler reads no more of its input. */
  leaveSource(): void;
  /** Tells the parent that a message cannot be read, and that the handler gets no more of them. */
  messageUnread(reason: string): void;
}

/** The worker's ends of the flows of one task, from the call of its handler to its result. */
export class TaskFlows {
  readonly #parts: TaskFlowsParts;
  readonly #output: FlowSender | undefined;
  readonly #source: FlowReceiver | undefined;
  readonly #messagesOut: FlowSender | undefined;
  readonly #messagesIn: FlowReceiver | undefined;
  readonly #listeners: ((value: unknown) => void)[] = [];
  #pump: Pump | undefined;
  #hasAborted = false;
  /** Whether the handler has asked for its input. Before that, the parent does not read the source. */
  #hasAsked = false;

  constructor(parts: TaskFlowsParts) {
    this.#parts = parts;
    const { wireId, link, terms } = parts;
    if (terms.stream !== undefined) this.#output = this.#sender(FLOW.stream, terms.stream, 'result');
    if (terms.hasSource === true) this.#source = receiver(link, wireId, FLOW.stream);
    if (terms.hasMessages !== true) return;
    this.#messagesOut = this.#sender(FLOW.messages, FLOW_WINDOW, 'value');
    this.#messagesIn = receiver(link, wireId, FLOW.messages);
    // The parent may send what it was given before.
    link.grant(wireId, FLOW.messages, 0);
  }

  /** The input of the handler. @param given the input itself, where it is no flow */
  inputOf(given: unknown): unknown {
    return this.#source === undefined ? given : this.#inputOf(this.#source);
  }

  /** The function to be called for the handler: it resolves when a stream has ended. */
  handlerOf(handler: LoadedHandler): LoadedHandler {
    const output = this.#output;
    return output === undefined ? handler : (input, context) => this.#stream(handler(input, context), output);
  }

  /** Posts a message to the caller. Returns whether there is room for one more. @throws TypeError, ERR_MESSAGES_FULL */
  post(value: unknown): boolean {
    const out = this.#messagesOut;
    // The caller has not used `start`.
    if (out === undefined) return true;
    if (out.waiting >= MOST_MESSAGES || out.waitingBytes >= MOST_MESSAGE_BYTES) {
      throw new PoolError('ERR_MESSAGES_FULL', { task: this.#parts.name, waiting: out.waiting, by: 'ctx.post()' });
    }
    try {
      out.push(value);
    } catch (error) {
      throw new TypeError((error as Error).message, { cause: error });
    }
    return out.hasRoom;
  }

  /** Passes the caller's messages to this function, too. */
  onMessage(listener: (value: unknown) => void): void {
    const listeners = this.#listeners;
    listeners.push(listener);
    if (listeners.length > 1) return;
    this.#messagesIn?.listen((value) => {
      for (const each of [...listeners]) each(value);
    });
  }

  /** The taker of values that have arrived. */
  takerOf(flow: FlowNumber): FlowTaker | undefined {
    const to = flow === FLOW.stream ? this.#source : this.#messagesIn;
    if (to === undefined) return undefined;
    return {
      accept: (value, size) => to.accept(value, size),
      refuse: (error) => this.#unread(flow, to, error),
    };
  }

  /** Ends a flow at a value that cannot be read. The handler gets the error of its input. The caller gets that of its messages. */
  #unread(flow: FlowNumber, to: FlowReceiver, cause: unknown): void {
    const { name: task, leaveSource, messageUnread } = this.#parts;
    const reason = `it cannot be read again: ${messageOf(cause)}`;
    const what = flow === FLOW.stream ? 'input' : 'message';
    to.fail(new PoolError('ERR_NOT_SERIALIZABLE', { task, what, reason }, { cause }));
    if (flow === FLOW.stream) leaveSource();
    else messageUnread(reason);
  }

  /** Notes that the parent has taken this number of values. */
  credit(flow: FlowNumber, values: number): void {
    if (flow === FLOW.stream) this.#output?.taken(values);
    else this.#messagesOut?.taken(values);
  }

  /** Notes that the source of the input has ended. */
  sourceEnded(thrown: WireThrown | undefined): void {
    if (thrown === undefined) this.#source?.done();
    else this.#source?.fail(valueFromWire(thrown));
  }

  /** Cancels the handler: its stream is closed, and its input ends with the reason. Messages go on. */
  abort(reason: unknown): void {
    this.#hasAborted = true;
    this.#pump?.stop();
    this.#output?.end();
    this.#source?.abandon(reason);
  }

  /** Ends all, since the handler has ended. Messages that wait leave ahead of its result. */
  end(): void {
    this.#output?.finish();
    this.#messagesOut?.finish();
    this.#source?.done();
    this.#messagesIn?.close();
  }

  async #stream(returned: unknown, output: FlowSender): Promise<void> {
    const result = await returned;
    // The handler was cancelled before its stream was there. A Readable that nothing begins to read would stay open.
    if (this.#hasAborted) return closeUnread(result);
    const iterator = streamIterator(result);
    if (iterator === undefined) {
      ignoreRejections(result);
      const { name } = this.#parts;
      throw new TypeError(
        `Handler "${name}" was called for a stream and returned ${kindOf(result)}. Make it a generator, let it return an ` +
          'async iterable, or call it with run().',
      );
    }
    const pump = new Pump(iterator, output, hostNowMs);
    this.#pump = pump;
    try {
      await pump.run();
    } finally {
      // Its place is free only when it has closed.
      await pump.closed();
    }
  }

  #sender(flow: FlowNumber, window: typeof FLOW_WINDOW, what: 'result' | 'value'): FlowSender {
    const { wireId, link, encoder, clones } = this.#parts;
    const sender = new FlowSender({ writer: new FlowValueWriter(encoder, clones), window, what, now: hostNowMs });
    sender.attach((batch) => link.send(wireId, flow, batch));
    return sender;
  }

  #inputOf(source: FlowReceiver): FlowingInput {
    const { wireId, link, leaveSource } = this.#parts;
    const leave = async (): Promise<IteratorResult<unknown, undefined>> => {
      source.close();
      leaveSource();
      return { done: true, value: undefined };
    };
    const input: FlowingInput = {
      next: () => {
        if (!this.#hasAsked) {
          this.#hasAsked = true;
          link.grant(wireId, FLOW.stream, 0);
        }
        return source.next();
      },
      return: leave,
      [Symbol.asyncIterator]: () => input,
      async [Symbol.asyncDispose]() {
        await leave();
      },
    };
    return input;
  }
}

function receiver(link: FlowLink, wireId: number, flow: FlowNumber): FlowReceiver {
  const made = new FlowReceiver(FLOW_WINDOW);
  made.attach((values) => link.grant(wireId, flow, values));
  return made;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object that is no stream' : `a ${typeof value}`;
}
