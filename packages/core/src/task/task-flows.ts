import { messageOf } from '../base/message-of.js';
import { setImmediate } from '../base/natives.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import { PoolError, type Refusal } from '../contract/errors.js';
import type { WireThrown } from '../wire/error-nodes.js';
import { errorToWire } from '../wire/error-wire.js';
import { FLOW, FLOW_WINDOW, type FlowNumber, type FlowTerms, MOST_MESSAGE_BYTES, MOST_MESSAGES } from '../wire/flow.js';
import type { FlowTaker } from '../wire/flow-link.js';
import { FlowReceiver } from '../wire/flow-receiver.js';
import { FlowSender } from '../wire/flow-sender.js';
import { type FlowValue, FlowValueWriter, ValueRefused } from '../wire/flow-value.js';
import { TaskSource } from './task-source.js';

/** Flows that a call asks for. */
export interface FlowOptions {
  /** Window of the stream that its handler returns; undefined if its result is awaited. */
  readonly stream?: FlowTerms['stream'];
  /** Source of the values of its input; undefined if the input is no flow. */
  readonly source?: AsyncIterable<unknown> | undefined;
  readonly hasMessages?: boolean;
  /** Called when the task has settled, before its flows end. */
  readonly onSettled?: (() => void) | undefined;
}

export interface TaskFlowsParts extends FlowOptions {
  /** Name of the task. */
  readonly name: string;
  readonly encoder: ValueEncoder;
  /** Whether workers share memory with this program. */
  readonly clones: boolean;
  now(): number;
}

/** The way to the worker of one try. */
export interface FlowLine {
  send(flow: FlowNumber, batch: readonly FlowValue[]): void;
  grant(flow: FlowNumber, values: number): void;
  endSource(thrown: WireThrown | undefined): void;
  /** Notes that a value has passed. Another try could not repeat it. */
  passed(): void;
  /** Whether another try takes the place of this one. */
  isGivenUp(): boolean;
}

/**
 * The caller's ends of the flows of one task, over all its tries. A try attaches them with its first frame. Once a value has
 * passed, there is no other try. After the task has settled, messages go on until its handler has ended.
 */
export class TaskFlows {
  /** For the row of the task. */
  readonly terms: FlowTerms;
  /** Values of the handler's stream. */
  readonly output: FlowReceiver;
  readonly messages: FlowReceiver;
  /** Called after `post` has returned false: when there is room for messages again, or no more of them are sent. */
  onDrain: () => void = () => {};
  /** Called for a value that cannot be read. The handler gets no more credit then, so its task has to be cancelled. */
  onUnread: (error: PoolError) => void = () => {};
  readonly #parts: TaskFlowsParts;
  readonly #source: TaskSource | undefined;
  readonly #post: FlowSender;
  #line: FlowLine | undefined;
  #hasPassed = false;
  #wantsDrain = false;
  /** Whether the worker has answered for the current try, */
  #isAnswered = false;
  /** and whether its handler's last values have arrived. */
  #hasEnded = false;
  /** Why they never will. */
  #cut: PoolError | undefined;
  #outcome: { readonly error?: { readonly value: unknown } } | undefined;

  constructor(parts: TaskFlowsParts) {
    this.#parts = parts;
    const { stream, source, hasMessages, encoder, clones, now } = parts;
    this.terms = { stream, hasSource: source !== undefined, hasMessages };
    this.output = new FlowReceiver(stream ?? FLOW_WINDOW);
    this.messages = new FlowReceiver(FLOW_WINDOW);
    const sender = (what: 'input' | 'value'): FlowSender =>
      new FlowSender({ writer: new FlowValueWriter(encoder, clones), window: FLOW_WINDOW, what, now });
    this.#post = sender('value');
    if (source === undefined) return;
    this.#source = new TaskSource(source, sender('input'), now, (error) => this.#endSource(error));
  }

  /** The way to the worker of the latest try that has sent a frame. */
  get line(): FlowLine | undefined {
    return this.#line;
  }

  /** Whether its handler may still send and take values. */
  get #isLive(): boolean {
    return this.#line !== undefined && !this.#hasEnded && this.#cut === undefined;
  }

  /** Follows the outcome of the task. */
  follow(result: Promise<unknown>): void {
    result.then(
      () => this.#settled({}),
      (error: unknown) => this.#settled({ error: { value: error } }),
    );
  }

  /**
   * Posts a message to the handler. Returns whether there is room for one more.
   * @throws ERR_NOT_SERIALIZABLE, ERR_PAYLOAD_TOO_LARGE, ERR_MESSAGES_FULL
   */
  post(value: unknown): boolean {
    const post = this.#post;
    const { name } = this.#parts;
    // The handler has ended, or never began.
    if (this.#outcome !== undefined && (!this.#isLive || post.hasEnded)) {
      this.#drainLater();
      return false;
    }
    if (post.waiting >= MOST_MESSAGES || post.waitingBytes >= MOST_MESSAGE_BYTES) {
      throw new PoolError('ERR_MESSAGES_FULL', { task: name, waiting: post.waiting, by: 'post()' });
    }
    // It waits for the next try.
    if (this.#outcome === undefined && this.#line?.isGivenUp() === true) post.detach();
    try {
      post.push(value);
    } catch (error) {
      throw refused(name, 'message', error);
    }
    this.#wantsDrain = !post.hasRoom;
    return post.hasRoom;
  }

  /** Attaches a try, whose worker has sent the first frame. */
  attach(line: FlowLine): void {
    this.#line = line;
    this.#isAnswered = this.#hasEnded = false;
    this.#cut = undefined;
    const grant = (flow: FlowNumber) => (values: number) => {
      if (this.#isLive) line.grant(flow, values);
    };
    this.output.attach(grant(FLOW.stream));
    this.messages.attach(grant(FLOW.messages));
  }

  /** The taker of values that have arrived. */
  takerOf(flow: FlowNumber): FlowTaker {
    this.#notePassed();
    const to = flow === FLOW.stream ? this.output : this.messages;
    return {
      accept: (value, size) => to.accept(value, size),
      refuse: (cause) => {
        const error = unread(this.#parts.name, flow === FLOW.stream ? 'result' : 'message', cause);
        to.fail(error);
        this.onUnread(error);
      },
    };
  }

  /** Notes that the handler has taken this number of values; 0 when it begins to read. */
  credit(flow: FlowNumber, values: number): void {
    const line = this.#line as FlowLine;
    if (flow === FLOW.stream) {
      // A source that was asked cannot be asked again from its beginning.
      this.#notePassed();
      this.#source?.credit(values, (batch) => line.send(FLOW.stream, batch));
      return;
    }
    if (values === 0) this.#post.attach((batch) => this.#send(line, batch));
    else this.#post.taken(values);
    if (this.#post.hasRoom) this.#drain();
  }

  /** Notes that the handler could not read a message, and gets no more of them. */
  messageUnread(reason: string): void {
    this.onUnread(new PoolError('ERR_NOT_SERIALIZABLE', { task: this.#parts.name, what: 'message', reason }));
  }

  /** Notes that the handler reads no more of its input. */
  sourceLeft(): void {
    this.#source?.close();
  }

  /** Notes that the worker has answered for the try. The last values may still be on their way, if it was read from the log. */
  answered(): void {
    this.#isAnswered = true;
  }

  /** Notes that the handler has ended, and all its values have arrived. */
  ended(): void {
    this.#hasEnded = true;
    this.#leave();
  }

  /** Notes that the worker has ended, and nothing more will arrive. @param error for a result whose values are lost */
  cut(error: PoolError): void {
    if (!this.#hasEnded) this.#cut = error;
    this.#leave();
  }

  #leave(): void {
    // Messages of a task that is tried again wait for its next try.
    this.#post.detach();
    if (this.#outcome !== undefined) {
      this.#post.end();
      this.#drain();
    }
    this.#conclude();
  }

  #drain(): void {
    if (!this.#wantsDrain) return;
    this.#wantsDrain = false;
    this.onDrain();
  }

  /** Answers a `post` that comes too late. A caller that waits for 'drain' after each refusal must not wait for ever. */
  #drainLater(): void {
    if (this.#wantsDrain) return;
    this.#wantsDrain = true;
    setImmediate(() => this.#drain());
  }

  #settled(outcome: { readonly error?: { readonly value: unknown } }): void {
    this.#outcome = outcome;
    this.#parts.onSettled?.();
    this.#source?.close();
    if (!this.#isLive) {
      // Before its first frame, a handler may have begun. What was posted to it then waits for that frame.
      if (this.#line !== undefined) this.#post.end();
      this.#drain();
    }
    this.#conclude();
  }

  /** Ends the stream as soon as its last values and the outcome of the task are there. */
  #conclude(): void {
    const { output } = this;
    if (this.#outcome === undefined) return;
    const { error } = this.#outcome;
    // A result of the log may be read before the values that were sent ahead of it.
    const mayComeYet = this.#isAnswered && !this.#hasEnded && this.#cut === undefined;
    if (error !== undefined) {
      if (!mayComeYet) output.fail(error.value);
    } else if (this.#hasEnded) {
      output.done();
    } else if (this.#cut !== undefined) {
      output.fail(this.#cut);
    }
  }

  #send(line: FlowLine, batch: readonly FlowValue[]): void {
    this.#notePassed();
    line.send(FLOW.messages, batch);
  }

  #endSource(error: { readonly value: unknown } | undefined): void {
    const { name, clones } = this.#parts;
    if (!this.#isLive) return;
    if (error === undefined) this.#line?.endSource(undefined);
    else this.#line?.endSource(errorToWire(refused(name, 'input', error.value), clones));
  }

  #notePassed(): void {
    if (this.#hasPassed) return;
    this.#hasPassed = true;
    this.#line?.passed();
  }
}

/** The error for a value that cannot be sent; any other error stays as it is. */
function refused(task: string, what: 'input' | 'message', error: unknown): unknown {
  if (!(error instanceof ValueRefused)) return error;
  const { reason, bytes, limitBytes }: Refusal = error.refusal;
  if (bytes === undefined || limitBytes === undefined) {
    return new PoolError('ERR_NOT_SERIALIZABLE', { task, what, reason });
  }
  return new PoolError('ERR_PAYLOAD_TOO_LARGE', { task, what, bytes, limitBytes });
}

function unread(task: string, what: 'result' | 'message', cause: unknown): PoolError<'ERR_NOT_SERIALIZABLE'> {
  const reason = `it cannot be read again: ${messageOf(cause)}`;
  return new PoolError('ERR_NOT_SERIALIZABLE', { task, what, reason }, { cause });
}
