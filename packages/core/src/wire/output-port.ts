import { Readable, type Writable } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';
import { Buffer } from '../base/natives.js';

/*
 * What a thread prints, over a port of our own. The streams that node:worker_threads offers (`stdout: true`) keep the
 * program alive from the moment they are read, and have no way to be unreferenced.
 */

/**
 * Bytes on their way before a writer has to wait. Up to here a write is with the parent at once, whatever follows. What waits
 * goes as one message: short lines, each by itself, arrive more slowly than a thread prints them.
 */
const WINDOW_BYTES = 1024 * 1024;
/** What a message counts beside its bytes, so that no more than some 13,000 are on their way. */
const MESSAGE_BYTES = 64;

/** To the thread: asks for all that was printed up to here. To the parent, behind the last of it: that was all. */
const ALL = 'all';
/** To the thread: bytes that are taken. */
type ToThread = number | typeof ALL;
type ToParent = Uint8Array | typeof ALL;

/**
 * The thread's side: from now on `stream` writes to the port.
 * @returns sends all that waits, and whatever is printed from then on, at once: the thread ends
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

/** The parent's side: a stream of what is printed. It keeps the program alive only while it is asked to. */
export class PrintedOn extends Readable {
  readonly #port: MessagePort;
  #takenBytes = 0;
  /** Bytes that had been printed when it was asked; Infinity until it is known where they end. */
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
      if (this.push(message)) this._read();
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

  /** From now on all that was printed up to here is awaited. */
  await(): void {
    this.#awaitedBytes = Infinity;
    this.#port.postMessage(ALL satisfies ToThread);
  }

  /** Whether some of that has not been read yet. */
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
