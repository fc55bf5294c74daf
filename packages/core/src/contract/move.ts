import { MessagePort } from 'node:worker_threads';
import type { TransferItem } from './transfer-item.js';

const WHOLE_RESULT_ONLY = Symbol('move() marks a whole result; inside another value it');

/** Tells a mark by whichever copy of this file made it: a handler's is in another bundle than the worker's own. */
const MOVED = Symbol.for('millpond.moved');

/** A result to be moved instead of copied; unwrapped where results are sent. */
class Moved {
  readonly [MOVED] = true;
  readonly value: unknown;
  readonly transfer: readonly TransferItem[];
  // A symbol, which nothing can send: a mark left inside another value fails with this as the reason.
  protected readonly mark = WHOLE_RESULT_ONLY;

  constructor(value: unknown, transfer: readonly TransferItem[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** Whether a result was marked by `move`. */
export function isMoved(value: unknown): value is Moved {
  try {
    return typeof value === 'object' && value !== null && MOVED in value;
  } catch {
    // A proxy with a trap that throws. It cannot be sent either, and encoding it reports that.
    return false;
  }
}

/**
 * Has a handler's result moved to the parent instead of copied, where they share memory (threads, inline): nothing is
 * copied however large it is, and the worker's own copy is empty afterwards. Between processes it is the value itself.
 *
 * ```ts
 * export const render = (): Buffer => move(pixels);
 * export const tile = () => move({ width, height, data }, [data.buffer]);
 * ```
 *
 * Only for the whole of what a handler returns (or passes to `ctx.progress`).
 * @param value an ArrayBuffer, a view of one, a MessagePort; or with `transfer`, anything
 * @param transfer what to move of it. @defaultValue `value` itself, or its buffer. A view of part of a buffer is copied
 * @returns a mark, typed as the value so that the handler's result has the value's type
 */
export function move<T>(value: T, transfer?: readonly TransferItem[]): T {
  return new Moved(value, transfer ?? movable(value)) as T;
}

function movable(value: unknown): TransferItem[] {
  if (value instanceof ArrayBuffer || value instanceof MessagePort) return [value];
  if (!ArrayBuffer.isView(value)) return [];
  const { buffer } = value;
  // Others may use the rest of a buffer; small Buffers share one.
  return buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength ? [buffer] : [];
}
