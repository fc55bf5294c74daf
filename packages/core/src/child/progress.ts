import type { TransferListItem } from 'node:worker_threads';
import { RingQueue } from '../base/ring-queue.js';
import { isMoved } from '../contract/move.js';
import { FRAME, type FrameChannel } from '../wire/frame.js';
import { roughBytes } from './rough-bytes.js';

/** Values, and about so many bytes, on their way to the parent before those that follow are held. */
const WINDOW_VALUES = 256;
const WINDOW_BYTES = 1024 * 1024;
/** Most values, and bytes, of one task that are held. The newest is, whatever it takes. */
const HELD_VALUES = 64;
const HELD_BYTES = 256 * 1024;
/** What may be larger than the pool allows is encoded to see: that costs as much as sending it. */
const LARGE_BYTES = 64 * 1024;
/** How often the parent is asked to say that it has taken what came. */
const ASK_AFTER_VALUES = WINDOW_VALUES / 4;
const ASK_AFTER_BYTES = WINDOW_BYTES / 4;

interface Amount {
  values: number;
  bytes: number;
}

interface HeldValue {
  readonly value: unknown;
  readonly transfer: readonly TransferListItem[] | undefined;
  readonly bytes: number;
}

/** Values of one task that wait for the parent. */
interface Held {
  readonly queue: RingQueue<HeldValue>;
  bytes: number;
  /** Older ones that were dropped since the last was sent. */
  dropped: number;
}

/**
 * What handlers tell of their progress. A handler may tell it faster than it can be sent, or than the parent takes it: in a
 * synchronous loop nothing leaves at all. So a window of values is under way, the newest of each task are held, and older
 * ones are dropped and counted. Order is kept, and what is held leaves before the result of its task.
 */
export class ProgressSender {
  readonly #channel: FrameChannel;
  /** A copy of a value as it is now. */
  readonly #copy: (value: unknown) => unknown;
  readonly #held = new Map<number, Held>();
  /** Sent, and not known to be taken: in all, and for each time the parent was asked to say so. */
  readonly #underWay: Amount = { values: 0, bytes: 0 };
  readonly #asked = new RingQueue<Amount>();
  #unasked: Amount = { values: 0, bytes: 0 };

  /** @param copy for values that are held; throws as sending them would */
  constructor(channel: FrameChannel, copy: (value: unknown) => unknown) {
    this.#channel = channel;
    this.#copy = copy;
  }

  /**
   * Tells a value of the task with this wire id. False when it is held, and older ones may be dropped for it.
   * @throws when the value cannot be sent
   */
  send(id: number, given: unknown): boolean {
    const { value, transfer } = isMoved(given) ? given : { value: given, transfer: undefined };
    const bytes = roughBytes(value);
    let held = this.#held.get(id);
    if (held === undefined && this.#hasRoom(bytes)) {
      this.#post(id, { value, transfer, bytes }, 0);
      return true;
    }
    // Copying refuses most of what cannot be sent, while its handler can hear of it. Encoding finds what is too large.
    if (transfer === undefined && bytes > LARGE_BYTES && this.#channel.refusal(value) !== undefined) {
      this.#post(id, { value, transfer, bytes }, 0);
      return false;
    }
    // What is moved belongs to us.
    const copy = transfer === undefined ? this.#copy(value) : value;
    if (held === undefined) this.#held.set(id, (held = { queue: new RingQueue(), bytes: 0, dropped: 0 }));
    held.queue.push({ value: copy, transfer, bytes });
    held.bytes += bytes;
    while (held.queue.size > 1 && (held.queue.size > HELD_VALUES || held.bytes > HELD_BYTES)) {
      held.bytes -= held.queue.shift()?.bytes ?? 0;
      held.dropped++;
    }
    return false;
  }

  /** A task has ended: what is held of it leaves ahead of its result. */
  end(id: number): void {
    if (this.#held.size === 0) return;
    const held = this.#held.get(id);
    if (held === undefined) return;
    while (held.queue.size > 0) this.#postFirst(id, held);
    this.#held.delete(id);
  }

  /** The parent has taken all up to where it was asked. */
  taken(): void {
    const amount = this.#asked.shift();
    if (amount === undefined) return;
    this.#underWay.values -= amount.values;
    this.#underWay.bytes -= amount.bytes;
    for (const [id, held] of this.#held) {
      for (let first = held.queue.at(0); first !== undefined && this.#hasRoom(first.bytes); first = held.queue.at(0)) {
        this.#postFirst(id, held);
      }
      this.#held.delete(id);
      if (held.queue.size === 0) continue;
      // It goes behind the others, who get the next room.
      this.#held.set(id, held);
      return;
    }
  }

  /** Always while no answer is to come that would make room, so that no value is too large. */
  #hasRoom(bytes: number): boolean {
    const { values, bytes: underWay } = this.#underWay;
    return this.#asked.size === 0 || (values < WINDOW_VALUES && underWay + bytes <= WINDOW_BYTES);
  }

  #postFirst(id: number, held: Held): void {
    const first = held.queue.shift() as HeldValue;
    held.bytes -= first.bytes;
    try {
      this.#post(id, first, held.dropped);
      held.dropped = 0;
    } catch {
      // Its handler has gone on, and cannot be told: it has moved this elsewhere since, or what it told cannot leave a process.
      held.dropped++;
    }
  }

  #post(id: number, { value, transfer, bytes }: HeldValue, dropped: number): void {
    const values = this.#unasked.values + 1;
    const asks = values >= ASK_AFTER_VALUES || this.#unasked.bytes + bytes >= ASK_AFTER_BYTES;
    this.#channel.send(FRAME.progress, undefined, {
      meta: Uint32Array.of(id, asks ? 1 : 0, dropped),
      values: [value],
      transfer,
    });
    this.#underWay.values++;
    this.#underWay.bytes += bytes;
    this.#unasked.values++;
    this.#unasked.bytes += bytes;
    if (!asks) return;
    this.#asked.push(this.#unasked);
    this.#unasked = { values: 0, bytes: 0 };
  }
}
