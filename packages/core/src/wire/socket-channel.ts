import type { Socket } from 'node:net';
import { serialize } from 'node:v8';
import type { Frame, FrameChannel, FrameKind } from './frame.js';
import { encodeFrame, FrameReader } from './frame-codec.js';

/** Frames over a stream socket, between two processes. */
export class SocketChannel implements FrameChannel {
  onFrame: (frame: Frame) => void = () => {};
  onFault: (error: Error) => void = () => {};
  onClose: () => void = () => {};
  readonly #socket: Socket;
  readonly #reader = new FrameReader((frame) => this.onFrame(frame));

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.push(chunk);
      } catch (error) {
        // Where the next frame begins cannot be known after a corrupt one.
        socket.pause();
        this.onFault(error as Error);
      }
    });
    // EPIPE and ECONNRESET say that the other process is gone; its exit tells the rest, and 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => this.onClose());
  }

  send(kind: FrameKind, body: unknown, meta?: Uint32Array, baseMs?: number): number {
    const { head, payload, sentAt } = encodeFrame(kind, body, meta, baseMs);
    // Corked, so that both parts leave in one writev.
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(payload);
    this.#socket.uncork();
    return sentAt;
  }

  refusal(value: unknown): string | undefined {
    try {
      serialize(value);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
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
