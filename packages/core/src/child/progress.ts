import { RingQueue } from '../base/ring-queue.js';
import { isPoolError } from '../contract/errors.js';
import type { Requests } from '../wire/requests.js';
import type { ParentTopics, WorkerTopics } from '../wire/topics.js';
import { outsideOfTasks } from './clean-context.js';
import type { EncodedProgress, ProgressLink } from './progress-link.js';
import { whenSettled } from './promised.js';

/**
 * Most values, and bytes, in transit to the parent; further ones are buffered. A window of 1 MiB takes some 3 ms. A parent
 * with longer turns of its loop holds progress up; at half, one with turns of 1.5 ms does. At double, a parent that stands still
 * gets 2 MiB of each worker.
 */
const WINDOW_VALUES = 256;
const WINDOW_BYTES = 1024 * 1024;
/** After a quarter of a window, the parent is asked to confirm what it has taken. Three quarters may be on their way meanwhile. */
const ASK_AFTER_VALUES = WINDOW_VALUES / 4;
const ASK_AFTER_BYTES = WINDOW_BYTES / 4;
/** Most values, and bytes, of one task that are buffered: of four tasks, a window. The newest value is buffered at any size. */
const HELD_VALUES = WINDOW_VALUES / 4;
const HELD_BYTES = WINDOW_BYTES / 4;

/** Time after which a parent that stands still is asked once more. It gets no values meanwhile, however long it stands. */
const TAKEN_WITHIN_MS = 60_000;

interface Amount {
  values: number;
  bytes: number;
}

/** Values of one task that wait for the parent. */
interface Buffered {
  readonly queue: RingQueue<EncodedProgress>;
  bytes: number;
  /** Older values that were dropped since the last one was sent. */
  dropped: number;
}

/**
 * Sends the progress of handlers, with back-pressure. A handler may report faster than values can be sent, or than the parent
 * takes them. In a synchronous loop nothing leaves at all. So a window of values is in transit, and the newest of each task are
 * buffered. Older ones are dropped and counted. Order is kept, and buffered values leave before the result of their task.
 */
export class ProgressSender {
  readonly #link: Pick<ProgressLink, 'encode' | 'post'>;
  readonly #whenTaken: (taken: () => void) => void;
  readonly #buffered = new Map<number, Buffered>();
  /** Running tasks that have reported progress. */
  readonly #reported = new Set<number>();
  /** Sent values that are not known to be taken. */
  readonly #underWay: Amount = { values: 0, bytes: 0 };
  /** Number of open questions to the parent whether it has taken them. */
  #asked = 0;
  /** Sent since the last question. */
  #unasked: Amount = { values: 0, bytes: 0 };

  /** @param whenTaken calls back when the parent has taken all that was sent up to now */
  constructor(link: Pick<ProgressLink, 'encode' | 'post'>, whenTaken: (taken: () => void) => void) {
    this.#link = link;
    this.#whenTaken = whenTaken;
  }

  /**
   * Sends a value of the task with this wire id. False when it is buffered, so that older ones may be dropped for it.
   * @throws if the value cannot be sent
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

  /** Ends a task: its buffered values leave ahead of its result. Returns whether it has reported any progress. */
  end(id: number): boolean {
    if (this.#reported.size === 0) return false;
    const buffered = this.#buffered.get(id);
    if (buffered !== undefined) {
      while (buffered.queue.size > 0) this.#postFirst(id, buffered);
      this.#buffered.delete(id);
    }
    return this.#reported.delete(id);
  }

  /** Called when the parent has taken this amount: all values up to the question. */
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
      // It goes behind the other tasks, which get the next room.
      this.#buffered.set(id, buffered);
      return;
    }
  }

  /** Always true while no answer is due that would make room, so that no value is too large. */
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

/** Asks the parent whether it has taken everything sent up to now. Calls back at its reply, or when there can be none. */
export function askWhenTaken(requests: Requests<WorkerTopics, ParentTopics>): (taken: () => void) => void {
  const ask = (taken: () => void): void => {
    const reply = requests.ask('progressTaken', undefined, { timeoutMs: TAKEN_WITHIN_MS });
    whenSettled(reply, taken, (error) => {
      // A later question has the same answer: replies come in order.
      if (isPoolError(error, 'ERR_REQUEST') && error.details.why === 'timeout') ask(taken);
      else taken();
    });
  };
  return (taken) => {
    // Outside: timer and promise would keep the context of the handler's task in memory.
    outsideOfTasks(() => ask(taken));
  };
}
