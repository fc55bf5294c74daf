import type { Clock } from '../base/clock.js';
import { isThenable } from '../base/is-thenable.js';
import { messageOf } from '../base/message-of.js';
import { AbortController } from '../base/natives.js';
import { errorToWire } from './error-wire.js';
import { FRAME, type FrameChannel, type FrameOf, type RequestKind } from './frame.js';
import type { FrameHandlers } from './frame-router.js';
import { type AskOptions, MOST_PENDING, PendingRequests, requestError } from './pending-requests.js';
import type { Topics } from './topics.js';

/** Second word of a reply. */
const REFUSED = 1;

/**
 * Functions that answer requests, by topic. A promise may take its time; `signal` aborts when the answer is not wanted any more.
 */
export type Answers<T extends Topics<T>> = {
  readonly [K in keyof T]: (asked: T[K]['asked'], signal: AbortSignal) => T[K]['answer'] | Promise<T[K]['answer']>;
};

type Answer = (asked: unknown, signal: AbortSignal) => unknown;

interface Served {
  readonly topic: string;
  readonly controller: AbortController;
}

export interface RequestsParts<Answered extends Topics<Answered>> {
  channel: Pick<FrameChannel<RequestKind>, 'send' | 'clones'>;
  clock: Clock;
  answers: Answers<Answered>;
}

/**
 * Requests over a link, and their replies: each side has one, to ask and to answer. A request settles exactly once: by its reply,
 * its deadline, its signal, or the end of the link. Its answer is computed at most once, even if a frame comes twice.
 */
export class Requests<Asked extends Topics<Asked>, Answered extends Topics<Answered>> {
  /** For the router of the link's frames. */
  readonly handlers: FrameHandlers<RequestKind> = {
    [FRAME.request]: (frame) => this.#onRequest(frame),
    [FRAME.reply]: ({ meta, body }) => this.#pending.settle(meta[0] ?? 0, meta[1] === REFUSED, body),
    [FRAME.withdraw]: ({ meta }) => this.#onWithdraw(meta[0] ?? 0),
  };
  readonly #channel: RequestsParts<Answered>['channel'];
  /** A Map: the other side may name any topic. */
  readonly #answers: ReadonlyMap<string, Answer>;
  readonly #pending: PendingRequests;
  /** Requests that are being answered, by number. */
  readonly #served = new Map<number, Served>();
  #lastServed = 0;
  #hasEnded = false;

  constructor({ channel, clock, answers }: RequestsParts<Answered>) {
    this.#channel = channel;
    this.#answers = new Map(Object.entries<Answer>(answers as Record<string, Answer>));
    this.#pending = new PendingRequests(clock, (number) => {
      channel.send(FRAME.withdraw, undefined, { meta: Uint32Array.of(number) });
    });
  }

  /** Number of replies that came too late, or a second time. */
  get lateReplies(): number {
    return this.#pending.lateReplies;
  }

  /**
   * Asks the other side.
   * @returns its answer. Rejects with the exception of its handler, with the reason of the signal, or with ERR_REQUEST
   */
  ask<K extends keyof Asked & string>(
    topic: K,
    asked: Asked[K]['asked'],
    options: AskOptions,
  ): Promise<Asked[K]['answer']> {
    const send = (number: number): void => {
      this.#channel.send(FRAME.request, { topic, asked }, { meta: Uint32Array.of(number) });
    };
    return this.#pending.add(topic, send, options);
  }

  /** Called when the link has ended: no more requests, answers or replies. */
  end(): void {
    this.#hasEnded = true;
    this.#pending.end();
    for (const [number] of this.#served) this.#onWithdraw(number);
  }

  #onRequest({ meta, body: { topic, asked } }: FrameOf<typeof FRAME.request>): void {
    const [number = 0] = meta;
    // Numbers ascend, and wrap: a number that is not new belongs to a request that has been taken before.
    if (this.#hasEnded || ((number - this.#lastServed) | 0) <= 0) return;
    this.#lastServed = number;
    const answer = this.#answers.get(topic);
    if (answer === undefined) {
      this.#refuse(number, requestError(topic, 'unknown', 'has a topic that the other side does not answer.'));
      return;
    }
    if (this.#served.size >= MOST_PENDING) {
      this.#refuse(number, requestError(topic, 'full', `is one too many: ${MOST_PENDING} are being answered.`));
      return;
    }
    const controller = new AbortController();
    let result: unknown;
    try {
      result = answer(asked, controller.signal);
      if (!isThenable(result)) {
        this.#reply(number, topic, result);
        return;
      }
    } catch (error) {
      this.#refuse(number, error);
      return;
    }
    this.#served.set(number, { topic, controller });
    void this.#replyLater(number, topic, result);
  }

  async #replyLater(number: number, topic: string, result: PromiseLike<unknown>): Promise<void> {
    let send: () => void;
    try {
      const value = await result;
      send = () => this.#reply(number, topic, value);
    } catch (error) {
      send = () => this.#refuse(number, error);
    }
    const isWanted = this.#served.get(number)?.controller.signal.aborted === false;
    this.#served.delete(number);
    if (isWanted) send();
  }

  #reply(number: number, topic: string, value: unknown): void {
    try {
      this.#channel.send(FRAME.reply, value, { meta: Uint32Array.of(number, 0) });
    } catch (error) {
      const reason = `has an answer that cannot be sent: ${messageOf(error)}`;
      this.#refuse(number, requestError(topic, 'unsendable', reason, error));
    }
  }

  #refuse(number: number, error: unknown): void {
    const thrown = errorToWire(error, this.#channel.clones);
    this.#channel.send(FRAME.reply, thrown, { meta: Uint32Array.of(number, REFUSED) });
  }

  /** A withdrawn request stays in the table until its handler has ended. */
  #onWithdraw(number: number): void {
    const served = this.#served.get(number);
    served?.controller.abort(requestError(served.topic, 'withdrawn', 'was withdrawn.'));
  }
}
