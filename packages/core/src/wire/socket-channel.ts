import type { Socket } from 'node:net';
import type { Buffer } from '../base/natives.js';
import type { Bodies, Cargo, Frame, FrameChannel, FrameKind } from './frame.js';
import { encodeFrame, type FrameFormat, FrameReader } from './frame-codec.js';

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
