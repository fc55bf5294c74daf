import { RingQueue } from '../base/ring-queue.js';
import type { Requests } from '../wire/requests.js';
import type { ParentTopics, WorkerTopics } from '../wire/topics.js';
import { outsideOfTasks } from './clean-context.js';
import type { EncodedProgress, ProgressLink } from './progress-link.js';
import { whenSettled } from './promised.js';

/** Values, and their bytes, on their way to the parent before those that follow are buffered. */
const WINDOW_VALUES = 256;
const WINDOW_BYTES = 1024 * 1024;
/** Most values, and bytes, of one task that are buffered. The newest is, whatever it takes. */
const HELD_VALUES = 64;
const HELD_BYTES = 256 * 1024;
/** How often the parent is asked to say that it has taken what came. */
const ASK_AFTER_VALUES = WINDOW_VALUES / 4;
const ASK_AFTER_BYTES = WINDOW_BYTES / 4;

/** A parent that stands still for this long is sent one more window of values. */
const TAKEN_WITHIN_MS = 60_000;

interface Amount {
  values: number;
  bytes: number;
}

/** Values of one task that wait for the parent. */
interface Buffered {
  readonly queue: RingQueue<EncodedProgress>;
  bytes: number;
  /** Older ones that were dropped since the last was sent. */
  dropped: number;
}

/**
 * What handlers tell of their progress. A handler may tell it faster than it can be sent, or than the parent takes it: in a
 * synchronous loop nothing leaves at all. So a window of values is under way, the newest of each task are buffered, and older
 * ones are dropped and counted. Order is kept, and what is buffered leaves before the result of its task.
 */
export class ProgressSender {
  readonly #link: Pick<ProgressLink, 'encode' | 'post'>;
  readonly #whenTaken: (taken: () => void) => void;
  readonly #buffered = new Map<number, Buffered>();
  /** Tasks that have told of progress and have not ended. */
  readonly #reported = new Set<number>();
  /** Sent, and not known to be taken. */
  readonly #underWay: Amount = { values: 0, bytes: 0 };
  /** How often the parent was asked whether it has taken them, and has not answered. */
  #asked = 0;
  /** Sent since it was asked last. */
  #unasked: Amount = { values: 0, bytes: 0 };

  /** @param whenTaken calls back when the parent has taken all that was sent up to now */
  constructor(link: Pick<ProgressLink, 'encode' | 'post'>, whenTaken: (taken: () => void) => void) {
    this.#link = link;
    this.#whenTaken = whenTaken;
  }

  /**
   * Tells a value of the task with this wire id. False when it is buffered, and older ones may be dropped for it.
   * @throws when the value cannot be sent
   */
  send(id: number, given: unknown): boolean {
    const value = this.#link.encode(given);
    this.#reported.add(id);
    let buffered = this.#buffered.get(id);
    if (buffered === undefined && this.#hasRoom(value.size)) {
      this.#post(id, value, 0);
      return true;
    }
    if (buffered === undefined) this.#buffered.set(id, (buffered = { queue: new RingQueue(), bytes: 0, dropped: 0 }));
    buffered.queue.push(value);
    buffered.bytes += value.size;
    while (buffered.queue.size > 1 && (buffered.queue.size > HELD_VALUES || buffered.bytes > HELD_BYTES)) {
      buffered.bytes -= buffered.queue.shift()?.size ?? 0;
      buffered.dropped++;
    }
    return false;
  }

  /** A task has ended: what is buffered of it leaves ahead of its result. Whether it has told of any progress. */
  end(id: number): boolean {
    if (this.#reported.size === 0) return false;
    const buffered = this.#buffered.get(id);
    if (buffered !== undefined) {
      while (buffered.queue.size > 0) this.#postFirst(id, buffered);
      this.#buffered.delete(id);
    }
    return this.#reported.delete(id);
  }

  /** The parent has taken as much, all up to where it was asked. */
  #taken(amount: Amount): void {
    this.#asked--;
    this.#underWay.values -= amount.values;
    this.#underWay.bytes -= amount.bytes;
    for (const [id, buffered] of this.#buffered) {
      for (
        let first = buffered.queue.at(0);
        first !== undefined && this.#hasRoom(first.size);
        first = buffered.queue.at(0)
      ) {
        this.#postFirst(id, buffered);
      }
      this.#buffered.delete(id);
      if (buffered.queue.size === 0) continue;
      // It goes behind the others, who get the next room.
      this.#buffered.set(id, buffered);
      return;
    }
  }

  /** Always while no answer is to come that would make room, so that no value is too large. */
  #hasRoom(bytes: number): boolean {
    const { values, bytes: underWay } = this.#underWay;
    return this.#asked === 0 || (values < WINDOW_VALUES && underWay + bytes <= WINDOW_BYTES);
  }

  #postFirst(id: number, buffered: Buffered): void {
    const first = buffered.queue.shift() as EncodedProgress;
    buffered.bytes -= first.size;
    this.#post(id, first, buffered.dropped);
    buffered.dropped = 0;
  }

  #post(id: number, value: EncodedProgress, dropped: number): void {
    const values = this.#unasked.values + 1;
    const asks = values >= ASK_AFTER_VALUES || this.#unasked.bytes + value.size >= ASK_AFTER_BYTES;
    this.#link.post(id, value, dropped);
    this.#underWay.values++;
    this.#underWay.bytes += value.size;
    this.#unasked.values++;
    this.#unasked.bytes += value.size;
    if (!asks) return;
    const amount = this.#unasked;
    this.#unasked = { values: 0, bytes: 0 };
    this.#asked++;
    this.#whenTaken(() => this.#taken(amount));
  }
}

/** Asks the parent whether it has taken all that was sent up to now; calls back at its reply, or when that does not come. */
export function askWhenTaken(requests: Requests<WorkerTopics, ParentTopics>): (taken: () => void) => void {
  return (taken) => {
    // Outside: timer and promise would hold on to the context of the handler's task.
    outsideOfTasks(() => {
      const reply = requests.ask('progressTaken', undefined, { timeoutMs: TAKEN_WITHIN_MS });
      whenSettled(reply, taken, taken);
    });
  };
}
