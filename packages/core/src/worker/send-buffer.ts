import type { Clock } from '../base/clock.js';
import { Buffer } from '../base/natives.js';
import { LARGE_BYTES } from '../codec/arena.js';
import { Sink } from '../codec/sink.js';
import { toRefusal, type ValueEncoder } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import type { TransferItem } from '../contract/transfer-item.js';
import type { BatchCall } from '../task/batch-call.js';
import type { Task } from '../task/task.js';
import type { Transport } from '../transport/transport.js';
import { ATTEMPT_MASK, CALM, CLAIM_ALONE, FRAME, IDEMPOTENT, SAME_CALL, TASK_WORDS } from '../wire/frame.js';
import type { RowExtras, TasksBody } from '../wire/messages.js';
import type { ArenaPlace } from '../wire/record.js';
import type { InFlightEntry } from './in-flight-entry.js';

/**
 * Most bytes of inputs in one frame; the rest goes in the next one. A larger input goes alone. At 1.5 GiB/s, the slowest
 * that was measured (docs/decisions/0011-what-limits-dispatch.md), a frame takes 42 ms. At double, a worker starts 42 ms later.
 */
const MOST_BYTES = 64 * 1024 * 1024;
/** Stands before the inputs of a frame that defines no shapes. */
const NO_DEFINITIONS = Buffer.alloc(4);

/** Tasks assigned within this turn of the event loop; they leave in one frame. Their inputs are bytes already. */
export class SendBuffer {
  readonly #transport: Transport;
  readonly #encoder: ValueEncoder;
  readonly #clock: Clock;
  /** Called for a task whose input cannot be sent, and which is not on its way then. */
  readonly #onRefused: (entry: InFlightEntry, refusal: Refusal) => void;
  #entries: InFlightEntry[] = [];
  /** Reused with `#values` for frames of one task, to make less garbage: a channel has copied both when it returns. */
  readonly #metaOfOne = new Uint32Array(TASK_WORDS);
  readonly #values: Uint8Array[] = [];
  readonly #shared = new SharedInputs();
  /** Number of shapes that the worker knows. */
  #shapes = 0;

  constructor(
    transport: Transport,
    encoder: ValueEncoder,
    clock: Clock,
    onRefused: (entry: InFlightEntry, refusal: Refusal) => void,
  ) {
    this.#transport = transport;
    this.#encoder = encoder;
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  add(entry: InFlightEntry): void {
    this.#entries.push(entry);
  }

  /** Removes a task that has not left yet. */
  remove(entry: InFlightEntry): boolean {
    const at = this.#entries.indexOf(entry);
    if (at !== -1) this.#entries.splice(at, 1);
    return at !== -1;
  }

  /** Sends the buffered tasks. @param flags see Worker.flush */
  send(flags: number): void {
    const entries = this.#entries;
    if (entries.length === 0) return;
    this.#entries = [];
    for (let from = 0; from < entries.length;) {
      const to = endOfFrame(entries, from);
      this.#sendFrame(from === 0 && to === entries.length ? entries : entries.slice(from, to), flags);
      from = to;
    }
  }

  #sendFrame(entries: readonly InFlightEntry[], flags: number): void {
    try {
      const sentAt = this.#trySend(entries, flags);
      for (const entry of entries) {
        entry.sentAt = sentAt;
        if (entry.task?.isOneShot === true) entry.task.history.isSpent = true;
      }
    } catch (error) {
      // Only inputs that a port clones can still be refused; inputs as bytes always go.
      if (entries.length > 1) for (const entry of entries) this.#sendFrame([entry], flags & ~CALM);
      else this.#onRefused(entries[0] as InFlightEntry, toRefusal(error, 'input'));
    }
  }

  #trySend(entries: readonly InFlightEntry[], flags: number): number {
    const meta = entries.length === 1 ? this.#metaOfOne : new Uint32Array(entries.length * TASK_WORDS);
    const values = this.#values;
    values.length = 0;
    values.push(this.#newShapes());
    const nowMs = this.#clock.now();
    const shared = this.#shared;
    shared.clear();
    let extras: Map<number, RowExtras> | undefined;
    let beside: ArrayBuffer[] | undefined;
    let transfer: TransferItem[] | undefined;
    // Inputs of consecutive tasks mostly lie one behind the other.
    let chunk: Buffer | undefined;
    let from = 0;
    let to = 0;
    let at = 0;
    for (let row = 0; row < entries.length; row++) {
      const entry = entries[row] as InFlightEntry;
      const task = entry.task as Task;
      entry.assignedAt = nowMs;
      meta[at] = entry.wireId;
      const sameAs = entry.call === undefined ? undefined : shared.find(entry, row);
      const whole = task.inputBytes < LARGE_BYTES || sameAs !== undefined ? undefined : this.#sendWhole(task);
      const alone = whole === undefined ? 0 : CLAIM_ALONE;
      const joins = entry.call !== undefined && entries[row - 1]?.call === entry.call ? SAME_CALL : 0;
      const hasBytes = whole === undefined && sameAs === undefined;
      meta[at + 1] = entry.handler | flagsOf(task) | alone | flags | ((task.attempt & ATTEMPT_MASK) << 16) | joins;
      meta[at + 2] = task.id;
      meta[at + 3] = task.id / 2 ** 32;
      meta[at + 4] = hasBytes ? task.inputBytes : 0;
      at += TASK_WORDS;
      if (hasBytes) {
        if (task.chunk !== chunk || task.inputAt !== to) {
          if (chunk !== undefined && to > from) values.push(chunk.subarray(from, to));
          chunk = task.chunk;
          from = task.inputAt;
        }
        to = task.inputAt + task.inputBytes;
      }
      const aside = sameAs === undefined ? task.aside : undefined;
      if ((aside ?? whole ?? sameAs) !== undefined || task.hasRareTerms) {
        const views = aside?.views?.map((view) => this.#sendView(view, (beside ??= [])));
        (extras ??= new Map()).set(row, {
          deadline: task.deadlineEpochMs,
          wantsProgress: task.wantsProgress,
          headers: task.extras.headers,
          isMetered: task.isMetered,
          whole,
          sameAs,
          views,
          cloned: aside?.clone,
          flows: task.flows?.terms,
        });
        if (aside?.transfer !== undefined) (transfer ??= []).push(...aside.transfer);
      }
    }
    if (chunk !== undefined && to > from) values.push(chunk.subarray(from, to));
    const body: TasksBody | undefined = extras && { extras };
    const sentAt = this.#transport.channel.send(FRAME.tasks, body, { meta, values, beside, transfer });
    // Large values must not be kept alive.
    values.length = 0;
    // Only now, because a refused frame has defined nothing.
    this.#shapes = this.#encoder.shapeCount;
    return sentAt;
  }

  /** Sends a large input through the arena as it is; undefined when it goes with the frame. */
  #sendWhole({ chunk, inputAt, inputBytes }: Task): ArenaPlace | undefined {
    const place = this.#transport.arena?.write((chunk as Buffer).subarray(inputAt, inputAt + inputBytes));
    return place && { ...place, bytes: inputBytes };
  }

  /**
   * Sends a large view through the arena, or with the frame where that has no room. It is a copy, since the task may be sent
   * again.
   */
  #sendView(view: Uint8Array, beside: ArrayBuffer[]): ArenaPlace | undefined {
    const place = this.#transport.arena?.write(view);
    if (place !== undefined) return { ...place, bytes: view.length };
    beside.push(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
    return undefined;
  }

  /** The definitions of the shapes that are new to the worker, after their length. */
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
  // An input in several places is decoded before it is claimed, and a handler with flows is not very short.
  if (task.aside !== undefined || task.flows !== undefined) flags |= CLAIM_ALONE;
  return flags;
}

/** Index of the first of these entries that does not fit into a frame that begins with `from`. */
function endOfFrame(entries: readonly InFlightEntry[], from: number): number {
  let bytes = 0;
  for (let at = from; at < entries.length; at++) {
    bytes += (entries[at]?.task as Task).totalBytes;
    if (bytes > MOST_BYTES && at > from) return beginOfCall(entries, from, at);
  }
  return entries.length;
}

/** Index of the first entry of the call at `at`, so that a frame cuts no call. It is `at` where the call fills the frame. */
function beginOfCall(entries: readonly InFlightEntry[], from: number, at: number): number {
  const call = entries[at]?.call;
  if (call === undefined) return at;
  let begin = at;
  while (begin > from && entries[begin - 1]?.call === call) begin--;
  return begin === from ? at : begin;
}

/** The rows of one frame whose inputs others of their call share. */
class SharedInputs {
  #call: BatchCall | undefined;
  #rows: Map<string, number> | undefined;

  clear(): void {
    this.#call = undefined;
    this.#rows = undefined;
  }

  /** Number of rows back to the one whose input this one shares; undefined where it goes with its own. */
  find({ call, task }: InFlightEntry, row: number): number | undefined {
    const key = task?.extras.batch?.key;
    if (key === undefined) return undefined;
    if (call !== this.#call) {
      this.#call = call;
      this.#rows = undefined;
    }
    const first = (this.#rows ??= new Map<string, number>()).get(key);
    if (first !== undefined) return row - first;
    this.#rows.set(key, row);
    return undefined;
  }
}
