import type { Frame, FrameKind, FrameOf } from './frame.js';

/** A handler for each kind of frame that the other side may send. The compiler keeps the table complete. */
export type FrameHandlers<K extends FrameKind> = { readonly [Kind in K]: (frame: FrameOf<Kind>) => void };

/**
 * Passes each frame to the handler of its kind. Only this function trusts a frame's kind without a look at its content. Both
 * sides are of one version, which the first frame settles.
 * @param sender the other side, as the subject of a sentence
 * @returns a function that passes a frame on. It throws for a kind that the other side does not send; a channel makes it a fault
 */
export function frameRouter<K extends FrameKind>(sender: string, handlers: FrameHandlers<K>): (frame: Frame) => void {
  // A Map, no object: the kind may be any number, or any value at all over a port.
  const byKind = new Map<number, (frame: never) => void>();
  for (const [kind, handle] of Object.entries<(frame: never) => void>(handlers)) byKind.set(Number(kind), handle);
  return (frame) => {
    const handle = byKind.get(frame.kind);
    if (handle === undefined)
      throw new Error(`${sender} sent a frame of kind ${frame.kind}, which is not one of its kinds.`);
    handle(frame as never);
  };
}
