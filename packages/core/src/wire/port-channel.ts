import type { MessagePort } from 'node:worker_threads';
import { hostNowMs } from '../base/clock.js';
import { Buffer } from '../base/natives.js';
import type { TransferItem } from '../contract/transfer-item.js';
import { type Bodies, type Cargo, FEW_WORDS, type Frame, type FrameChannel, type FrameKind } from './frame.js';

/**
 * Flat, since a typed array costs a port 3 µs to write and 2 to read. That is more than the rest of a single call. Few words of
 * meta are therefore sent one by one at the end, not as a table. `meta` is then undefined. For the same reason few bytes of values
 * are sent as a string of one character each.
 */
type Envelope = [
  kind: number,
  body: unknown,
  values: string | Uint8Array | undefined,
  beside: readonly ArrayBuffer[] | undefined,
  sentAt: number,
  meta: Uint32Array | undefined,
  ...words: number[],
];

/**
 * Most bytes of values in a string; longer values get memory of their own, which is moved. As a string, 1, 4 and 16 KiB take
 * 1.5, 2.2 and 4.0 µs to cross. As memory they take 1.8, 2.1 and 2.8 µs.
 */
const FEW_BYTES = 4096;
const WORDS_AT = 6;
const NO_META = new Uint32Array(0);
/**
 * Length from which memory without zeros pays for the call that gets it. From 8 to 512 KiB it was not faster. 1 and 4 MiB took 64
 * and 272 µs without zeros, and 77 and 383 with them.
 */
const LARGE_BYTES = 1024 * 1024;
const NO_VALUES = Buffer.alloc(0);
const NOTHING_BESIDE: readonly ArrayBuffer[] = [];

/** Frames over a MessagePort, between threads of one process. The port clones; bodies may hold anything that it can clone. */
export class PortChannel<Sends extends FrameKind> implements FrameChannel<Sends> {
  readonly clones = true;
  onFrame: (frame: Frame) => void = () => {};
  onFault: (error: Error) => void = () => {};
  onClose: () => void = () => {};
  readonly bufferedBytes = 0;
  readonly receivedBytes = 0;
  onDrain: () => void = () => {};
  readonly #port: MessagePort;
  #isFaulty = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (envelope: Envelope) => {
      // Later frames may depend on the content of the faulty one.
      if (this.#isFaulty) return;
      // The port decodes before it calls; the decoding is part of the time in transport.
      const receivedAt = hostNowMs();
      try {
        this.onFrame(frameOf(envelope, receivedAt));
      } catch (error) {
        this.#fail(error as Error);
      }
    });
    port.on('messageerror', (error) => this.#fail(error));
    port.on('close', () => this.onClose());
  }

  send<K extends Sends>(kind: K, body: Bodies[K], cargo?: Cargo): number {
    const sentAt = hostNowMs();
    const meta = cargo?.meta ?? NO_META;
    const isShort = meta.length <= FEW_WORDS;
    const values = cargo?.values === undefined ? undefined : packed(cargo.values);
    const envelope: Envelope = [kind, body, values, cargo?.beside, sentAt, isShort ? undefined : meta];
    if (isShort) for (let at = 0; at < meta.length; at++) envelope.push(meta[at]);
    this.#port.postMessage(envelope, moved(values, cargo));
    return sentAt;
  }

  /** A posted message is in the other thread's queue at once. */
  flushed(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#port.close();
  }

  #fail(error: Error): void {
    this.#isFaulty = true;
    this.onFault(error);
  }
}

/** A copy of all values in one piece. */
function packed(values: readonly Uint8Array[]): string | Uint8Array | undefined {
  let length = 0;
  for (const each of values) length += each.length;
  if (length === 0) return undefined;
  if (length <= FEW_BYTES) {
    let text = '';
    for (const each of values) text += asBuffer(each).latin1Slice(0, each.length);
    return text;
  }
  // Zeros of a large one would cost as much as the copy.
  const bytes = length < LARGE_BYTES ? new Uint8Array(length) : new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  let at = 0;
  for (const each of values) {
    bytes.set(each, at);
    at += each.length;
  }
  return bytes;
}

interface Slices extends Buffer {
  latin1Slice(start: number, end: number): string;
}

function asBuffer(bytes: Uint8Array): Slices {
  return (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) as Slices;
}

function moved(values: string | Uint8Array | undefined, cargo: Cargo | undefined): TransferItem[] | undefined {
  const { beside, transfer } = cargo ?? {};
  const isMoved = values !== undefined && typeof values !== 'string';
  if (!isMoved && beside === undefined && transfer === undefined) return undefined;
  const list: TransferItem[] = [...(transfer ?? []), ...(beside ?? [])];
  if (isMoved) list.push(values.buffer as ArrayBuffer);
  return list;
}

function frameOf(envelope: Envelope, receivedAt: number): Frame {
  const [kind, body, values, beside, sentAt, table] = envelope;
  return {
    kind,
    meta: table ?? metaOf(envelope),
    values: values === undefined ? NO_VALUES : bytesOf(values),
    beside: beside ?? NOTHING_BESIDE,
    body,
    sentAt,
    receivedAt,
  };
}

function bytesOf(values: string | Uint8Array): Buffer {
  if (typeof values === 'string') return Buffer.from(values, 'latin1');
  return Buffer.from(values.buffer, values.byteOffset, values.length);
}

function metaOf(envelope: Envelope): Uint32Array {
  const count = envelope.length - WORDS_AT;
  if (count === 0) return NO_META;
  const meta = new Uint32Array(count);
  for (let at = 0; at < count; at++) meta[at] = envelope[WORDS_AT + at] as number;
  return meta;
}
