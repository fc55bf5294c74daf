import type { TransferItem } from '../contract/transfer-item.js';
import { Buffer } from '../base/natives.js';
import type { Clock } from '../base/clock.js';
import { LARGE_BYTES } from '../codec/arena.js';
import { Sink } from '../codec/sink.js';
import { toRefusal, type ValueEncoder } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import { CALM, CLAIM_ALONE, FRAME, IDEMPOTENT, TASK_WORDS } from '../wire/frame.js';
import type { RowExtras, TasksBody } from '../wire/messages.js';
import type { ArenaPlace } from '../wire/record.js';
import type { Task } from '../task/task.js';
import type { Transport } from '../transport/transport.js';
import type { Place } from './place.js';

/** Bytes of inputs in one frame; what is beyond goes in the next. One larger input goes alone. */
const MOST_BYTES = 64 * 1024 * 1024;
/** In front of the inputs of a frame that defines no shapes. */
const NO_DEFINITIONS = Buffer.alloc(4);

/** Tasks assigned within this turn of the event loop; they leave in one frame. Their inputs are bytes already. */
export class Outbox {
  readonly #transport: Transport;
  readonly #encoder: ValueEncoder;
  readonly #clock: Clock;
  /** Hears of a task whose input cannot be sent; it is not on its way then. */
  readonly #onRefused: (place: Place, refusal: Refusal) => void;
  #places: Place[] = [];
  /** For frames of one task, which make less garbage so: a channel has copied both when it returns. */
  readonly #metaOfOne = new Uint32Array(TASK_WORDS);
  readonly #values: Uint8Array[] = [];
  /** Shapes that the worker knows. */
  #shapes = 0;

  constructor(
    transport: Transport,
    encoder: ValueEncoder,
    clock: Clock,
    onRefused: (place: Place, refusal: Refusal) => void,
  ) {
    this.#transport = transport;
    this.#encoder = encoder;
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  add(place: Place): void {
    this.#places.push(place);
  }

  /** Takes a task back that has not left yet. */
  remove(place: Place): boolean {
    const at = this.#places.indexOf(place);
    if (at !== -1) this.#places.splice(at, 1);
    return at !== -1;
  }

  /** Sends what has gathered. @param flags see Worker.flush */
  send(flags: number): void {
    const places = this.#places;
    if (places.length === 0) return;
    this.#places = [];
    for (let from = 0; from < places.length;) {
      const to = endOfFrame(places, from);
      this.#sendFrame(from === 0 && to === places.length ? places : places.slice(from, to), flags);
      from = to;
    }
  }

  #sendFrame(places: readonly Place[], flags: number): void {
    try {
      const sentAt = this.#trySend(places, flags);
      for (const place of places) {
        place.sentAt = sentAt;
        if (place.task?.isOneShot === true) place.task.history.isSpent = true;
      }
    } catch (error) {
      // Only what a port clones can still be refused: inputs that are bytes always go.
      if (places.length > 1) for (const place of places) this.#sendFrame([place], flags & ~CALM);
      else this.#onRefused(places[0] as Place, toRefusal(error, 'input'));
    }
  }

  #trySend(places: readonly Place[], flags: number): number {
    const meta = places.length === 1 ? this.#metaOfOne : new Uint32Array(places.length * TASK_WORDS);
    const values = this.#values;
    values.length = 0;
    values.push(this.#newShapes());
    const nowMs = this.#clock.now();
    let extras: Map<number, RowExtras> | undefined;
    let beside: ArrayBuffer[] | undefined;
    let transfer: TransferItem[] | undefined;
    // Inputs of tasks that follow one another mostly lie one behind the other.
    let chunk: Buffer | undefined;
    let from = 0;
    let to = 0;
    let at = 0;
    for (let row = 0; row < places.length; row++) {
      const place = places[row] as Place;
      const task = place.task as Task;
      place.assignedAt = nowMs;
      meta[at] = place.wireId;
      const whole = task.inputBytes < LARGE_BYTES ? undefined : this.#sendWhole(task);
      const alone = whole === undefined ? 0 : CLAIM_ALONE;
      meta[at + 1] = place.handler | flagsOf(task) | alone | flags | (task.attempt << 16);
      meta[at + 2] = task.id;
      meta[at + 3] = task.id / 2 ** 32;
      meta[at + 4] = whole === undefined ? task.inputBytes : 0;
      at += TASK_WORDS;
      if (whole === undefined) {
        if (task.chunk !== chunk || task.inputAt !== to) {
          if (chunk !== undefined && to > from) values.push(chunk.subarray(from, to));
          chunk = task.chunk;
          from = task.inputAt;
        }
        to = task.inputAt + task.inputBytes;
      }
      const { aside } = task;
      if (aside !== undefined || whole !== undefined || task.wantsProgress || task.deadlineEpochMs !== undefined) {
        const views = aside?.views?.map((view) => this.#sendView(view, (beside ??= [])));
        (extras ??= new Map()).set(row, {
          deadline: task.deadlineEpochMs,
          wantsProgress: task.wantsProgress,
          whole,
          views,
          cloned: aside?.held,
        });
        if (aside?.transfer !== undefined) (transfer ??= []).push(...aside.transfer);
      }
    }
    if (chunk !== undefined && to > from) values.push(chunk.subarray(from, to));
    const body: TasksBody | undefined = extras && { extras };
    const sentAt = this.#transport.channel.send(FRAME.tasks, body, { meta, values, beside, transfer });
    // Nothing that is large is held on to.
    values.length = 0;
    // Only now: a frame that is refused has told of nothing.
    this.#shapes = this.#encoder.shapeCount;
    return sentAt;
  }

  /** A large input goes through the arena as it is; undefined when it goes with the frame. */
  #sendWhole({ chunk, inputAt, inputBytes }: Task): ArenaPlace | undefined {
    const place = this.#transport.arena?.write((chunk as Buffer).subarray(inputAt, inputAt + inputBytes));
    return place && { ...place, bytes: inputBytes };
  }

  /** Large views go through the arena, or with the frame where that has no room: as a copy, since the task may be sent again. */
  #sendView(view: Uint8Array, beside: ArrayBuffer[]): ArenaPlace | undefined {
    const place = this.#transport.arena?.write(view);
    if (place !== undefined) return { ...place, bytes: view.length };
    beside.push(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
    return undefined;
  }

  /** The definitions of the shapes that are new to the worker, behind their length. */
  #newShapes(): Uint8Array {
    if (this.#encoder.shapeCount === this.#shapes) return NO_DEFINITIONS;
    const sink = new Sink();
    this.#encoder.writeShapes(this.#shapes, sink);
    const definitions = sink.bytes.subarray(sink.start, sink.at);
    const bytes = Buffer.allocUnsafe(4 + definitions.length);
    bytes.writeUInt32LE(definitions.length, 0);
    bytes.set(definitions, 4);
    return bytes;
  }
}

function flagsOf(task: Task): number {
  let flags = 0;
  if (!task.isLasting) flags |= IDEMPOTENT;
  // Where its input lies in several places, it is decoded before it is claimed.
  if (task.aside !== undefined) flags |= CLAIM_ALONE;
  return flags;
}

/** The first of these places that does not fit into a frame that begins with `from`. */
function endOfFrame(places: readonly Place[], from: number): number {
  let bytes = 0;
  for (let at = from; at < places.length; at++) {
    bytes += (places[at]?.task as Task).totalBytes;
    if (bytes > MOST_BYTES && at > from) return at;
  }
  return places.length;
}
