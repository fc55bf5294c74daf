import type { Socket } from 'node:net';
import { hostNowMs } from '../base/clock.js';
import { Buffer, writeSync } from '../base/natives.js';
import type { Bodies, Cargo, Frame, FrameChannel, FrameKind } from './frame.js';
import { encodeFrame, type FrameFormat, FrameReader } from './frame-codec.js';

/** Longest time for which `sendNow` waits for the other end to read, ms. */
const WRITE_WITHIN_MS = 300;

/** Parts of Node's own sockets. */
interface Inner {
  readonly writableBuffer: readonly unknown[];
  readonly _handle: { readonly writeQueueSize: number } | null;
}

/** Frames over a stream socket, between two processes. */
export class SocketChannel<Sends extends FrameKind> implements FrameChannel<Sends> {
  readonly clones = false;
  onFrame: (frame: Frame) => void = () => {};
  onFault: (error: Error) => void = () => {};
  onClose: () => void = () => {};
  onDrain: () => void = () => {};
  readonly #socket: Socket;
  readonly #reader: FrameReader;

  constructor(socket: Socket, format: FrameFormat) {
    this.#socket = socket;
    this.#reader = new FrameReader(format, (frame) => this.onFrame(frame));
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.push(chunk);
      } catch (error) {
        // After a corrupt frame, the beginning of the next one is unknown.
        socket.pause();
        this.onFault(error as Error);
      }
    });
    // EPIPE and ECONNRESET mean that the other process is gone; its exit says why, and 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => this.onClose());
    socket.on('drain', () => this.onDrain());
  }

  /** Format of all further frames, in both directions. */
  set format(format: FrameFormat) {
    this.#reader.format = format;
  }

  send<K extends Sends>(kind: K, body: Bodies[K], cargo?: Cargo): number {
    const { parts, sentAt } = encodeFrame(this.#reader.format, kind, body, cargo);
    if (parts.length === 1) {
      this.#socket.write(parts[0] as Uint8Array);
      return sentAt;
    }
    // Corked, so that all parts leave in one writev.
    this.#socket.cork();
    for (const part of parts) if (part.length > 0) this.#socket.write(part);
    this.#socket.uncork();
    return sentAt;
  }

  /**
   * Sends a frame while the event loop stands still, as far as the other end reads it in time. The rest leaves when the loop turns.
   * @param fd the socket's own descriptor
   * @returns false if earlier frames still wait for the loop: then nothing is sent
   */
  sendNow<K extends Sends>(fd: number, kind: K, body: Bodies[K]): boolean {
    if (!this.#isEmpty()) return false;
    const bytes = Buffer.concat(encodeFrame(this.#reader.format, kind, body).parts);
    const written = writeNow(fd, bytes);
    if (written < bytes.length) this.#socket.write(bytes.subarray(written));
    return true;
  }

  /** Whether all that was sent is in the system's hands. `writableLength` shrinks only when the loop turns. */
  #isEmpty(): boolean {
    const { writableBuffer, _handle: handle } = this.#socket as unknown as Inner;
    return writableBuffer.length === 0 && handle?.writeQueueSize === 0;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get receivedBytes(): number {
    return this.#socket.bytesRead;
  }

  flushed(): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writable) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', resolve);
      this.#socket.write('', () => resolve());
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Writes at once, and returns the number of bytes that were written in time. */
function writeNow(fd: number, bytes: Uint8Array): number {
  const until = hostNowMs() + WRITE_WITHIN_MS;
  let written = 0;
  while (written < bytes.length && hostNowMs() < until) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      // EAGAIN: the socket is full. Any other error ends the link, which the loop will see.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') break;
    }
  }
  return written;
}
