import { Readable, type Writable } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';
import { Buffer } from '../base/natives.js';

/*
 * Output of a thread, over a port of our own. The streams of node:worker_threads (`stdout: true`) keep the program alive from the
 * first read on, and cannot be unreferenced.
 */

/**
 * Most bytes in transit before a writer has to wait. Up to this number, a write reaches the parent at once. Bytes that wait
 * leave as one message: single short lines arrive more slowly than a thread prints them.
 */
const WINDOW_BYTES = 1024 * 1024;
/** Bytes that a message counts in addition, so that at most some 13,000 messages are in transit. */
const MESSAGE_BYTES = 64;

/**
 * Most bytes that a reader gets at once, as from a pipe. All that a thread has held back comes in one message. No reader should
 * have to take megabytes of lines in one turn of the event loop.
 */
const SLICE_BYTES = 64 * 1024;

/** To the thread: asks for all output up to now. To the parent, behind the last of it: the output is complete. */
const ALL = 'all';
/** To the thread: number of bytes taken. */
type ToThread = number | typeof ALL;
type ToParent = Uint8Array | typeof ALL;

/**
 * The thread's side: from now on `stream` writes to the port.
 * @returns a function for the end of the thread: it sends all waiting output, and all later output at once
 */
export function printTo(port: MessagePort, stream: Writable): () => void {
  let underWay = 0;
  let resume: (() => void) | undefined;
  const post = (message: ToParent): void => port.postMessage(message);
  port.on('message', (message: ToThread) => {
    if (message === ALL) {
      if (stream.writable) stream.write('', () => post(ALL));
      else post(ALL);
      return;
    }
    take(message);
  });
  port.unref();
  const take = (bytes: number): void => {
    underWay -= bytes;
    if (underWay >= WINDOW_BYTES) return;
    const next = resume;
    resume = undefined;
    next?.();
  };
  const write = (bytes: Buffer, done: () => void): void => {
    underWay += bytes.length + MESSAGE_BYTES;
    post(bytes);
    if (underWay < WINDOW_BYTES) done();
    else resume = done;
  };
  stream._write = (chunk: string | Buffer, encoding, done) => write(bytesOf(chunk, encoding), done);
  stream._writev = (chunks, done) =>
    write(Buffer.concat(chunks.map(({ chunk, encoding }) => bytesOf(chunk as string | Buffer, encoding))), done);
  return () => take(Infinity);
}

function bytesOf(chunk: string | Buffer, encoding: BufferEncoding): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}

/** The parent's side: a stream of the thread's output. It keeps the program alive only between `ref` and `unref`. */
export class PrintedOn extends Readable {
  readonly #port: MessagePort;
  #takenBytes = 0;
  /** Bytes printed up to the last request for all output; Infinity until the thread answers. */
  #awaitedBytes = 0;
  #unread = 0;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.on('message', (message: ToParent) => {
      if (message === ALL) {
        this.#awaitedBytes = this.#takenBytes;
        return;
      }
      this.#takenBytes += message.length;
      this.#unread += message.length + MESSAGE_BYTES;
      let wantsMore = false;
      for (let at = 0; at < message.length; at += SLICE_BYTES) {
        wantsMore = this.push(message.subarray(at, at + SLICE_BYTES));
      }
      if (wantsMore) this._read();
    });
    port.on('close', () => {
      this.#awaitedBytes = Math.min(this.#awaitedBytes, this.#takenBytes);
      this.push(null);
    });
    port.unref();
  }

  override _read(): void {
    if (this.#unread > 0) this.#port.postMessage(this.#unread);
    this.#unread = 0;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#port.close();
    done(error);
  }

  /** Asks for all output up to now. */
  await(): void {
    this.#awaitedBytes = Infinity;
    this.#port.postMessage(ALL satisfies ToThread);
  }

  /** Whether some of that output has not been read yet. */
  get isAwaited(): boolean {
    return this.#takenBytes - this.readableLength < this.#awaitedBytes;
  }

  ref(): void {
    this.#port.ref();
  }

  unref(): void {
    this.#port.unref();
  }
}
