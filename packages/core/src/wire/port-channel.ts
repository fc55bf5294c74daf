import type { MessagePort } from 'node:worker_threads';
import { hostNowMs } from '../base/clock.js';
import type { Frame, FrameChannel, FrameKind } from './frame.js';

type Envelope = [kind: FrameKind, body: unknown, meta: Uint32Array, baseMs: number, sentAt: number];

const NO_META = new Uint32Array(0);

/** Frames over a MessagePort, between threads of one process. The port clones; bodies may hold what it can clone. */
export class PortChannel implements FrameChannel {
  onFrame: (frame: Frame) => void = () => {};
  onFault: (error: Error) => void = () => {};
  onClose: () => void = () => {};
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (envelope: Envelope) => {
      // The port decodes before it calls; what it took is part of the time in transport.
      const receivedAt = hostNowMs();
      const [kind, body, meta, baseMs, sentAt] = envelope;
      try {
        this.onFrame({ kind, body, meta, baseMs, sentAt, receivedAt, decodedAt: receivedAt });
      } catch (error) {
        this.onFault(error as Error);
      }
    });
    port.on('messageerror', (error) => this.onFault(error));
    port.on('close', () => this.onClose());
  }

  send(kind: FrameKind, body: unknown, meta = NO_META, baseMs = 0): number {
    const sentAt = hostNowMs();
    this.#port.postMessage([kind, body, meta, baseMs, sentAt] satisfies Envelope);
    return sentAt;
  }

  refusal(value: unknown): string | undefined {
    try {
      structuredClone(value);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** A posted message is in the other thread's queue at once. */
  flushed(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#port.close();
  }
}
