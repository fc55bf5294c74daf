import type { Frame, FrameKind, FrameOf } from './frame.js';

/** What to do with each kind of frame that the other side may send. The compiler holds the table complete. */
export type FrameHandlers<K extends FrameKind> = { readonly [Kind in K]: (frame: FrameOf<Kind>) => void };

/**
 * Hands each frame to the handler of its kind. The only place that takes a frame's word for what it carries: both sides are of
 * one version, which the first frame settles.
 * @param sender the other side, as the subject of a sentence
 * @returns hands a frame on. It throws for a kind that the other side does not send; a channel makes a fault of that
 */
export function frameRouter<K extends FrameKind>(sender: string, handlers: FrameHandlers<K>): (frame: Frame) => void {
  // No object: the kind may be any number, or anything at all where a port carries it.
  const byKind = new Map<number, (frame: never) => void>();
  for (const [kind, handle] of Object.entries<(frame: never) => void>(handlers)) byKind.set(Number(kind), handle);
  return (frame) => {
    const handle = byKind.get(frame.kind);
    if (handle === undefined)
      throw new Error(`${sender} sent a frame of kind ${frame.kind}, which is not one of its kinds.`);
    handle(frame as never);
  };
}
