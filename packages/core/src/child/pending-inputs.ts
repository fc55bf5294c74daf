import { hostNowMs } from '../base/clock.js';
import type { Arena } from '../codec/arena.js';
import { fromPort } from '../codec/port-value.js';
import type { ValueDecoder } from '../codec/value-codec.js';
import { HANDLER_MASK, SAME_CALL, TASK_WORDS, type TasksFrame } from '../wire/frame.js';
import type { RowExtras, TasksBody } from '../wire/messages.js';
import type { ArenaPlace } from '../wire/record.js';
import { type ProfileSwitch, UNPROFILED } from './profile/task-hooks.js';

/** Length of the field with the bytes of shape definitions before the inputs of a frame. */
const DEFINITIONS_LENGTH = 4;

/** The inputs of one frame of tasks, read row by row. */
export class PendingInputs {
  readonly frame: TasksFrame;
  readonly rows: number;
  /** The current row; −1 before the first. */
  row = -1;
  /** Parts of the current input beside its bytes. */
  extras: RowExtras | undefined;
  /** Time that the last `take()` took, ms; 0 if it was not timed. */
  tookMs = 0;
  /** By row; most frames have none. */
  readonly #extras: TasksBody['extras'];
  readonly #decoder: ValueDecoder;
  readonly #arena: Arena | undefined;
  readonly #profiling: ProfileSwitch;
  #at: number;
  #nextAt: number;
  #besideAt = 0;

  /** @throws if its definitions of shapes cannot be read */
  constructor(frame: TasksFrame, decoder: ValueDecoder, arena: Arena | undefined, profiling = UNPROFILED) {
    this.frame = frame;
    this.#decoder = decoder;
    this.#arena = arena;
    this.#profiling = profiling;
    this.#extras = frame.body?.extras;
    this.rows = frame.meta.length / TASK_WORDS;
    const definitions = frame.values.readUInt32LE(0);
    this.#at = this.#nextAt = DEFINITIONS_LENGTH + definitions;
    if (definitions > 0) decoder.defineShapes(frame.values, DEFINITIONS_LENGTH, this.#at);
  }

  /** Moves on to the next row. */
  next(): void {
    if (this.extras !== undefined) this.#besideAt += viewsBeside(this.extras);
    this.row++;
    if (this.#extras !== undefined) this.extras = this.#extras.get(this.row);
    this.#at = this.#nextAt;
    this.#nextAt += this.bytes;
  }

  /** Number of rows behind the current one. */
  get left(): number {
    return this.rows - this.row - 1;
  }

  /**
   * The number of rows behind the current one that one call takes. The parent has put them together, and a handler of one row gets
   * each by itself.
   * @param mostRows by handler
   */
  together(mostRows: readonly number[]): number {
    const { meta } = this.frame;
    const first = this.row + 1;
    const handler = (meta[first * TASK_WORDS + 1] ?? 0) & HANDLER_MASK;
    const end = Math.min(this.rows, first + (mostRows[handler] ?? 1));
    let next = first + 1;
    for (; next < end; next++) {
      const word = meta[next * TASK_WORDS + 1] ?? 0;
      if ((word & SAME_CALL) === 0 || (word & HANDLER_MASK) !== handler) break;
    }
    return next - first;
  }

  /** Length of the current input, without its large views. */
  get bytes(): number {
    return this.frame.meta[this.row * TASK_WORDS + 4] ?? 0;
  }

  /** Whether decoding the current input may take long, or exhaust memory. */
  isHeavy(heavyBytes: number): boolean {
    return this.bytes >= heavyBytes || this.extras?.views !== undefined || this.extras?.whole !== undefined;
  }

  /**
   * Decodes the current input. A profiler has all of them timed.
   * @throws if it cannot be read
   */
  take(isTimed = false): unknown {
    const { hooks } = this.#profiling;
    this.tookMs = 0;
    if (hooks === undefined && !isTimed) return this.#decode();
    const beginMs = hostNowMs();
    const input = this.#decode();
    this.tookMs = hostNowMs() - beginMs;
    hooks?.decoded((this.frame.meta[this.row * TASK_WORDS + 1] ?? 0) & HANDLER_MASK, this.tookMs);
    return input;
  }

  #decode(): unknown {
    const { extras } = this;
    if (extras?.cloned !== undefined) return fromPort(extras.cloned);
    const beside = extras?.views === undefined ? undefined : (index: number) => this.#view(index, extras);
    if (extras?.whole !== undefined) {
      const { number, at, bytes } = extras.whole;
      return this.#decoder.decode(this.#ownArena().readBriefly(number, at, bytes), 0, bytes, beside);
    }
    return this.#decoder.decode(this.frame.values, this.#at, this.#nextAt, beside);
  }

  /** Frees the places of the current input in the arena. Called if no call takes it: it is then read in part, or not at all. */
  drop(): void {
    const { extras } = this;
    if (extras === undefined) return;
    const last = extras.views?.findLast((place) => place !== undefined) ?? extras.whole;
    if (last !== undefined) this.#arena?.skip(last.number);
  }

  #view(index: number, { views = [] }: RowExtras): ArrayBuffer {
    const place = views[index];
    if (place !== undefined) return this.#read(place);
    // Its index among the views in the frame, behind those of the rows before.
    const before = views.slice(0, index).filter((each) => each === undefined).length;
    const memory = this.frame.beside[this.#besideAt + before];
    if (memory === undefined) throw new RangeError('A value names a large view that is not there.');
    return memory;
  }

  #read({ number, at, bytes }: ArenaPlace): ArrayBuffer {
    return this.#ownArena().read(number, at, bytes);
  }

  #ownArena(): Arena {
    if (this.#arena === undefined) throw new Error('A value lies in an arena, and there is none.');
    return this.#arena;
  }
}

function viewsBeside({ views }: RowExtras): number {
  return views?.filter((place) => place === undefined).length ?? 0;
}
