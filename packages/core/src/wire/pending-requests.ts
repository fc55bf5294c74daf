import { listen } from '../base/abort-watch.js';
import { type Clock, isLate, type Timer } from '../base/clock.js';
import { type Deferred, deferred } from '../base/deferred.js';
import { messageOf } from '../base/message-of.js';
import { type ErrorDetails, PoolError } from '../contract/errors.js';
import type { WireThrown } from './error-nodes.js';
import { errorFromWire } from './error-wire.js';

/** Most requests of one side that may wait for a reply. The other side answers as many at once. One more is refused. */
export const MOST_PENDING = 1024;
/** Highest number, a word of 32 bits; 0 means none. */
const LAST_NUMBER = 2 ** 32 - 1;

export interface AskOptions {
  /** Longest wait for the reply, ms. */
  readonly timeoutMs: number;
  /** Withdraws the request, which rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

interface Pending {
  readonly topic: string;
  readonly reply: Deferred<unknown>;
  timer: Timer;
  unlisten: () => void;
}

/** Requests of one side that have no reply yet, by number. Each settles once and leaves no timer and no listener behind. */
export class PendingRequests {
  /** Replies to requests that had settled before. */
  lateReplies = 0;
  readonly #clock: Clock;
  readonly #withdraw: (number: number) => void;
  readonly #pending = new Map<number, Pending>();
  #lastNumber = 0;
  #hasEnded = false;

  /** @param withdraw tells the other side that no reply is needed any more */
  constructor(clock: Clock, withdraw: (number: number) => void) {
    this.#clock = clock;
    this.#withdraw = withdraw;
  }

  /**
   * Sends a request and waits for its reply.
   * @param send may throw; then the request rejects
   */
  add(topic: string, send: (number: number) => void, { timeoutMs, signal }: AskOptions): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#hasEnded) return Promise.reject(linkEnded(topic));
    if (this.#pending.size >= MOST_PENDING) {
      const reason = `was not sent: ${MOST_PENDING} others wait for a reply. Await some of them first.`;
      return Promise.reject(requestError(topic, 'full', reason));
    }
    const number = this.#nextNumber();
    try {
      send(number);
    } catch (error) {
      return Promise.reject(requestError(topic, 'unsendable', `cannot be sent: ${messageOf(error)}`, error));
    }
    const pending: Pending = {
      topic,
      reply: deferred(),
      timer: this.#deadline(number, topic, timeoutMs),
      unlisten: () => {},
    };
    this.#pending.set(number, pending);
    if (signal !== undefined) pending.unlisten = listen(signal, () => this.#giveUp(number, signal.reason));
    return pending.reply.promise;
  }

  /** Settles a request when its reply comes. @param body the answer, or the reason for a refusal */
  settle(number: number, isRefused: boolean, body: unknown): void {
    const pending = this.#take(number);
    if (pending === undefined) this.lateReplies++;
    else if (isRefused) pending.reply.reject(refusalOf(pending.topic, body as WireThrown));
    else pending.reply.resolve(body);
  }

  /** Called when no reply can come any more. */
  end(): void {
    this.#hasEnded = true;
    for (const number of [...this.#pending.keys()]) {
      const pending = this.#take(number);
      pending?.reply.reject(linkEnded(pending.topic));
    }
  }

  #deadline(number: number, topic: string, timeoutMs: number): Timer {
    const dueAt = this.#clock.now() + timeoutMs;
    const expire = (): void => {
      const reason = `was not answered within ${timeoutMs} ms. Allow more time, or find what keeps the other side busy.`;
      this.#giveUp(number, requestError(topic, 'timeout', reason));
    };
    return this.#clock.after(timeoutMs, () => {
      const pending = this.#pending.get(number);
      if (pending === undefined || !isLate(dueAt, this.#clock.now())) expire();
      // This event loop stood still, so the reply may be there, unread. It is read first; the deadline is extended once only.
      else pending.timer = this.#clock.after(0, expire);
    });
  }

  #giveUp(number: number, reason: unknown): void {
    const pending = this.#take(number);
    if (pending === undefined) return;
    pending.reply.reject(reason);
    this.#withdraw(number);
  }

  #take(number: number): Pending | undefined {
    const pending = this.#pending.get(number);
    if (pending === undefined) return undefined;
    this.#pending.delete(number);
    pending.timer.cancel();
    pending.unlisten();
    return pending;
  }

  /** The next number. It wraps after 2^32 requests, when no waiting request is that old. */
  #nextNumber(): number {
    this.#lastNumber = this.#lastNumber === LAST_NUMBER ? 1 : this.#lastNumber + 1;
    return this.#lastNumber;
  }
}

/** The reason of a refusal. An unreadable one gives a reason, too, since its promise must not stay open. */
function refusalOf(topic: string, thrown: WireThrown): unknown {
  try {
    return errorFromWire(thrown, `Request "${topic}"`);
  } catch (error) {
    return error;
  }
}

function linkEnded(topic: string): PoolError<'ERR_REQUEST'> {
  return requestError(topic, 'ended', 'has no answer: the link between them has ended.');
}

export function requestError(
  topic: string,
  why: ErrorDetails<'ERR_REQUEST'>['why'],
  reason: string,
  cause?: unknown,
): PoolError<'ERR_REQUEST'> {
  return new PoolError('ERR_REQUEST', { topic, why, reason }, cause === undefined ? undefined : { cause });
}
