import type { MessagePort } from 'node:worker_threads';
import { getBuiltinModule } from '../base/natives.js';
import type { TransferItem } from './transfer-item.js';

const WHOLE_RESULT_ONLY = Symbol('move() marks a whole result; inside another value it');

/** Recognizes marks from every copy of this file, because a handler's copy is in another bundle than the worker's own. */
const MOVED = Symbol.for('millpond.moved');

/** A result to be moved instead of copied. It is unwrapped where results are sent. */
class Moved {
  readonly [MOVED] = true;
  readonly value: unknown;
  readonly transfer: readonly TransferItem[];
  // A symbol cannot be sent, so a mark left inside another value fails with this text as the reason.
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
    // A proxy with a trap that throws cannot be sent either, and encoding it reports that.
    return false;
  }
}

/**
 * Moves a handler's result to the parent instead of copying it, where they share memory (threads, inline). Nothing is copied,
 * however large it is, and the worker's own copy is empty afterwards. Between processes the mark stands for the value itself.
 *
 * ```ts
 * export const render = (): Buffer => move(pixels);
 * export const tile = () => move({ width, height, data }, [data.buffer]);
 * ```
 *
 * Only for the whole value that a handler returns (or passes to `ctx.progress`).
 * @param value an ArrayBuffer, a view of one, a MessagePort; or anything, with `transfer`
 * @param transfer parts of it to move. @defaultValue `value` itself, or its buffer. A view of part of a buffer is copied
 * @returns a mark, typed as the value so that the handler's result has the value's type
 */
export function move<T>(value: T, transfer?: readonly TransferItem[]): T {
  return new Moved(value, transfer ?? movable(value)) as T;
}

function movable(value: unknown): TransferItem[] {
  if (value instanceof ArrayBuffer) return [value];
  if (!ArrayBuffer.isView(value)) return isPort(value) ? [value] : [];
  const { buffer } = value;
  // Others may use the rest of a buffer, since small Buffers share one.
  return buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength ? [buffer] : [];
}

/** Node takes 0.45 ms to load its module of threads, and most workers move no port. */
function isPort(value: unknown): value is MessagePort {
  return value instanceof getBuiltinModule('node:worker_threads').MessagePort;
}
