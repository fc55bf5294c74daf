import { type Deferred, deferred } from '../base/deferred.js';
import { setImmediate } from '../base/natives.js';
import { RingQueue } from '../base/ring-queue.js';
import { CREDIT_SHARE, FLOW_WINDOW, type FlowWindow } from './flow.js';
import type { FlowValue, FlowValueWriter } from './flow-value.js';

/** Longest time for which values gather, ms: a quarter of a frame on a screen. It bounds what a value waits for its neighbours. */
export const GATHER_MS = 4;
/**
 * Values, and bytes, that leave at once. Beyond 64 values a frame costs some 5 % of what they cost. A quarter of a window of bytes
 * is what the receiver grants at a time. With a frame for each Buffer of 64 KiB, a thread sent 0.8 times as much; a process as
 * much.
 */
const MOST_VALUES = 64;
const MOST_BYTES = FLOW_WINDOW.bytes / CREDIT_SHARE;

export interface FlowSenderParts {
  readonly writer: FlowValueWriter;
  readonly window: FlowWindow;
  /** Name of a value in the reason of a refusal. */
  readonly what: 'input' | 'result' | 'value';
  now(): number;
}

/**
 * Sends the values of one flow within its credit. Values gather until the event loop turns, or for GATHER_MS. A value leaves at
 * once if its receiver has taken everything before.
 */
export class FlowSender {
  readonly #parts: FlowSenderParts;
  /** Values that wait to be sent. */
  readonly #waiting = new RingQueue<FlowValue>();
  #waitingBytes = 0;
  /** Sizes of the values that were sent and not taken. */
  readonly #sent = new RingQueue<number>();
  #sentBytes = 0;
  /** Sends values in one frame; undefined as long as nothing reads them. */
  #send: ((batch: readonly FlowValue[]) => void) | undefined;
  #hasEnded = false;
  #isDue = false;
  /** Time since which the oldest waiting value waits. */
  #since = 0;
  #room: Deferred<void> | undefined;
  readonly #turn = (): void => {
    this.#isDue = false;
    this.flush();
  };

  constructor(parts: FlowSenderParts) {
    this.#parts = parts;
  }

  /** Values that are not sent. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether one more value is within the credit. */
  get hasRoom(): boolean {
    const { values, bytes } = this.#parts.window;
    return this.#waiting.size + this.#sent.size < values && this.#waitingBytes + this.#sentBytes < bytes;
  }

  /** Sends by this function from now on. The receiver has taken nothing yet. */
  attach(send: (batch: readonly FlowValue[]) => void): void {
    this.#send = send;
    this.flush();
  }

  /** Stops sending until the next `attach`. Allowed only while nothing has been sent. */
  detach(): void {
    this.#send = undefined;
  }

  /** Resolves when there is room, or the flow has ended. */
  whenRoom(): Promise<void> {
    return (this.#room ??= deferred<void>()).promise;
  }

  /** Adds a value as it is now. @throws ValueRefused */
  push(given: unknown): void {
    const value = this.#parts.writer.write(given, this.#parts.what);
    if (this.#hasEnded) return;
    const isFirst = this.#waiting.size === 0;
    this.#waiting.push(value);
    this.#waitingBytes += value.size;
    if (this.#send === undefined) return;
    if (this.#sent.size === 0 || this.#waiting.size >= MOST_VALUES || this.#waitingBytes >= MOST_BYTES) {
      this.flush();
      return;
    }
    const now = this.#parts.now();
    if (isFirst) this.#since = now;
    else if (now - this.#since >= GATHER_MS) this.flush();
    if (this.#isDue || this.#waiting.size === 0) return;
    this.#isDue = true;
    setImmediate(this.#turn);
  }

  /** Sends the waiting values that are within the credit. */
  flush(): void {
    this.#sendUpTo(this.#parts.window);
  }

  /** Notes that the receiver has taken this number of values. */
  taken(values: number): void {
    for (let left = values; left > 0 && this.#sent.size > 0; left--) this.#sentBytes -= this.#sent.shift() as number;
    this.flush();
    if (this.hasRoom) this.#wake();
  }

  /** Sends all waiting values, also beyond the credit, and ends the flow. The receiver expects no more after them. */
  finish(): void {
    this.#sendUpTo({ values: Infinity, bytes: Infinity });
    this.end();
  }

  /** Ends the flow. Waiting values are dropped. */
  end(): void {
    this.#hasEnded = true;
    while (this.#waiting.size > 0) this.#waiting.shift();
    this.#waitingBytes = 0;
    this.#wake();
  }

  #sendUpTo(window: FlowWindow): void {
    if (this.#send === undefined || this.#waiting.size === 0) return;
    const batch: FlowValue[] = [];
    while (this.#sent.size < window.values && this.#sentBytes < window.bytes) {
      const value = this.#waiting.shift();
      if (value === undefined) break;
      batch.push(value);
      this.#waitingBytes -= value.size;
      this.#sent.push(value.size);
      this.#sentBytes += value.size;
    }
    if (batch.length === 0) return;
    this.#send(batch);
    // The frame has its own copy of their bytes.
    if (this.#waiting.size === 0) this.#parts.writer.reset();
  }

  #wake(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.resolve();
  }
}
