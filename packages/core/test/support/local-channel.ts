import type { Cargo, Frame, FrameChannel, FrameKind } from '../../src/wire/frame.js';

export const NO_CARGO: Cargo = { meta: new Uint32Array(0) };

/** A channel without a link: what is sent has arrived at once, and nothing is left to flush or to close. */
export abstract class LocalChannel implements FrameChannel<FrameKind> {
  abstract readonly clones: boolean;
  onFrame: (frame: Frame) => void = () => {};
  onFault: (error: Error) => void = () => {};
  onClose: () => void = () => {};
  readonly bufferedBytes = 0;
  readonly receivedBytes = 0;
  onDrain: () => void = () => {};

  abstract send(kind: FrameKind, body: unknown, cargo?: Cargo): number;

  flushed(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}
