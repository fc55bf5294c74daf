import type { MessagePort } from 'node:worker_threads';
import { structuredClone, Buffer } from '../base/natives.js';
import { hostNowMs } from '../base/clock.js';
import { refusalBy, toRefusal, type ValueCodec } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import type { Frame, FrameChannel, FrameKind, Rows } from './frame.js';
import { readValues } from './read-values.js';

/**
 * Flat, and with few words of meta one by one behind the rest instead of as a table: a typed array costs a port 3 µs to write
 * and 2 to read, more than all else that a single call sends. `meta` is undefined then.
 */
type Envelope = [
  kind: FrameKind,
  body: unknown,
  values: readonly unknown[] | Uint8Array,
  baseMs: number,
  sentAt: number,
  meta: Uint32Array | undefined,
  ...words: number[],
];

/** Up to so many words go one by one: a task or a few. */
const FEW_WORDS = 12;
const WORDS_AT = 6;
const NO_META = new Uint32Array(0);
const NO_VALUES: unknown[] = [];

/**
 * Frames over a MessagePort, between threads of one process. The port clones; bodies may hold what it can clone, and so may
 * values, unless the pool has a codec of another kind.
 */
export class PortChannel implements FrameChannel {
  onFrame: (frame: Frame) => void = () => {};
  onFault: (error: Error) => void = () => {};
  onClose: () => void = () => {};
  /** Undefined: the port clones values. */
  codec: ValueCodec | undefined;
  readonly #port: MessagePort;

  constructor(port: MessagePort, codec?: ValueCodec) {
    this.#port = port;
    this.codec = codec;
    port.on('message', (envelope: Envelope) => {
      // The port decodes before it calls; what it took is part of the time in transport.
      const receivedAt = hostNowMs();
      try {
        this.onFrame(this.#frame(envelope, receivedAt));
      } catch (error) {
        this.onFault(error as Error);
      }
    });
    port.on('messageerror', (error) => this.onFault(error));
    port.on('close', () => this.onClose());
  }

  send(kind: FrameKind, body: unknown, rows?: Rows): number {
    const values = rows?.values ?? NO_VALUES;
    const sentAt = hostNowMs();
    const meta = rows?.meta ?? NO_META;
    const baseMs = rows?.baseMs ?? 0;
    const isShort = meta.length <= FEW_WORDS;
    const envelope: Envelope = [kind, body, values, baseMs, sentAt, isShort ? undefined : meta];
    if (isShort) for (let at = 0; at < meta.length; at++) envelope.push(meta[at]);
    if (this.codec === undefined || rows === undefined) {
      this.#port.postMessage(envelope, rows?.transfer);
    } else {
      // A copy of its own size: the port would clone all of the buffer these bytes are part of.
      const bytes = new Uint8Array(this.codec.encode(values));
      envelope[2] = bytes;
      this.#port.postMessage(envelope, [bytes.buffer]);
    }
    return sentAt;
  }

  refusal(value: unknown): Refusal | undefined {
    if (this.codec !== undefined) return refusalBy(this.codec, value);
    try {
      structuredClone(value);
      return undefined;
    } catch (error) {
      return toRefusal(error);
    }
  }

  carries(value: unknown): boolean {
    try {
      structuredClone(value);
      return true;
    } catch {
      // That is the answer.
      return false;
    }
  }

  /** A posted message is in the other thread's queue at once. */
  flushed(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#port.close();
  }

  #frame(envelope: Envelope, receivedAt: number): Frame {
    const [kind, body, given, baseMs, sentAt, table] = envelope;
    const meta = table ?? metaOf(envelope);
    if (this.codec === undefined || !(given instanceof Uint8Array)) {
      const values = given as unknown[];
      return { kind, meta, values, unread: undefined, body, baseMs, sentAt, receivedAt, decodedAt: receivedAt };
    }
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
    const { values, unread } = readValues(this.codec, bytes);
    return { kind, meta, values, unread, body, baseMs, sentAt, receivedAt, decodedAt: hostNowMs() };
  }
}

function metaOf(envelope: Envelope): Uint32Array {
  const count = envelope.length - WORDS_AT;
  if (count === 0) return NO_META;
  const meta = new Uint32Array(count);
  for (let at = 0; at < count; at++) meta[at] = envelope[WORDS_AT + at] as number;
  return meta;
}
