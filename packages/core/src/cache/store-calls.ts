import { isThenable } from '../base/is-thenable.js';
import { messageOf } from '../base/message-of.js';
import { clearTimeout, now, setTimeout } from '../base/natives.js';
import { type ErrorDetails, PoolError } from '../contract/errors.js';

/** Longest wait for an answer of a store. An execution may be quicker than a slow store. A choice. */
const LONGEST_WAIT_MS = 1000;
/** Time for which a store is not read after a late answer. So a store that hangs delays one call in this time. A choice. */
const REST_MS = 10_000;
/** Most writes under way, and most bytes of them: a slow store must not hold memory without bounds. Choices. */
const MOST_WRITES = 1000;
const MOST_BYTES = 64 * 2 ** 20;

/** Stands for the answer of a store that failed, was late, or is not asked because it was late before. */
export const NO_ANSWER = Symbol('no answer');

export type StoreFailure = PoolError<'ERR_CACHE_STORE'>;
type Operation = ErrorDetails<'ERR_CACHE_STORE'>['operation'];

/**
 * How a change failed. 'refused': the store was not asked. 'failed': it said so. 'late': it has not answered in time, and may yet
 * make it.
 */
export type WriteFailure = 'refused' | 'failed' | 'late';

/** A change of a store. */
export interface StoreWrite {
  readonly operation: Operation;
  /** Record that changes. */
  readonly name: string;
  /** Memory that is held until the end of the write. */
  readonly bytes: number;
  call(): unknown;
  /** Called, after the report, if the change was not made, or not in time. */
  failed?(how: WriteFailure): void;
}

/**
 * Calls a store, which may throw, reject, or never answer. Each failure is reported once, and ends nothing. The calls for one
 * record follow one another. So the last write is the one that lasts, and a read finds what was written before it.
 */
export class StoreCalls {
  readonly #report: (failure: StoreFailure) => void;
  /** The last write under way, by record. */
  readonly #last = new Map<string, Promise<void>>();
  /** A write to all records, which later calls wait for. */
  #barrier: Promise<void> | undefined;
  /** All writes that have not ended. */
  readonly #underWay = new Set<Promise<void>>();
  #bytes = 0;
  #restsUntilMs = -Infinity;

  constructor(report: (failure: StoreFailure) => void) {
    this.#report = report;
  }

  /** What a store answers, at once if it does so at once. @param withinMs longest wait, if that is less than the usual one */
  read<T>(
    name: string,
    call: () => T | Promise<T>,
    withinMs = Infinity,
  ): T | typeof NO_ANSWER | Promise<T | typeof NO_ANSWER> {
    if (now() < this.#restsUntilMs) return NO_ANSWER;
    try {
      const before = this.#last.get(name) ?? this.#barrier;
      const answer = before === undefined ? call() : before.then(call);
      return isThenable(answer) ? this.#inTime('get', Promise.resolve(answer), withinMs) : answer;
    } catch (error) {
      this.#fail('get', error);
      return NO_ANSWER;
    }
  }

  /** Changes one record. */
  write(write: StoreWrite): void {
    void this.#begin(write, this.#last.get(write.name) ?? this.#barrier);
  }

  /** Changes all records. */
  writeAll(write: StoreWrite): void {
    const before = this.#underWay.size === 0 ? undefined : Promise.all(this.#underWay).then(() => {});
    const done = this.#begin(write, before);
    // It has ended, or was refused: then the calls for a record still follow one another.
    if (done === undefined) return;
    this.#last.clear();
    this.#barrier = done;
    void done.then(() => {
      if (this.#barrier === done) this.#barrier = undefined;
    });
  }

  /** Reports an answer that is none. */
  refuse(operation: Operation, reason: string): void {
    this.#fail(operation, new TypeError(reason));
  }

  /** Waits for the writes under way, but not for ever. */
  async settled(): Promise<void> {
    // Each write reports by itself that it is late. The end of one may begin another.
    const endMs = now() + LONGEST_WAIT_MS;
    while (this.#underWay.size > 0 && now() < endMs) await within(endMs - now(), Promise.all(this.#underWay));
  }

  /** Asks the store to free what it holds. */
  async close(call: () => unknown): Promise<void> {
    try {
      await this.#inTime('close', Promise.resolve(call()), Infinity);
    } catch (error) {
      this.#fail('close', error);
    }
  }

  /** @returns the end of the write; undefined if it has ended */
  #begin(write: StoreWrite, before: Promise<void> | undefined): Promise<void> | undefined {
    const { operation, name, bytes } = write;
    const failed = (error: unknown, how: WriteFailure): void => {
      this.#fail(operation, error);
      write.failed?.(how);
    };
    if (this.#underWay.size >= MOST_WRITES || this.#bytes + bytes > MOST_BYTES) {
      failed(new Error(`${this.#underWay.size} writes wait for the store, so it got no other.`), 'refused');
      return undefined;
    }
    try {
      const answer = before === undefined ? write.call() : before.then(() => write.call());
      return isThenable(answer) ? this.#track(name, bytes, Promise.resolve(answer), failed) : undefined;
    } catch (error) {
      failed(error, 'failed');
      return undefined;
    }
  }

  #track(
    name: string,
    bytes: number,
    answer: Promise<unknown>,
    failed: (error: unknown, how: WriteFailure) => void,
  ): Promise<void> {
    let hasFailed = false;
    const failOnce = (error: unknown, how: WriteFailure): void => {
      if (hasFailed) return;
      hasFailed = true;
      failed(error, how);
    };
    // A late write is reported, and goes on: its memory is in use until it ends.
    const timer = setTimeout(() => failOnce(tooLate(), 'late'), LONGEST_WAIT_MS).unref();
    this.#bytes += bytes;
    let rejection: { readonly error: unknown } | undefined;
    const done: Promise<void> = answer
      .then(
        () => {},
        (error: unknown) => void (rejection = { error }),
      )
      .then(() => {
        clearTimeout(timer);
        this.#bytes -= bytes;
        this.#underWay.delete(done);
        if (this.#last.get(name) === done) this.#last.delete(name);
        // Last: it may begin another write of the record, which then has a place.
        if (rejection !== undefined) failOnce(rejection.error, 'failed');
      });
    this.#underWay.add(done);
    this.#last.set(name, done);
    return done;
  }

  async #inTime<T>(operation: Operation, answer: Promise<T>, withinMs: number): Promise<T | typeof NO_ANSWER> {
    try {
      const given = await within(Math.min(withinMs, LONGEST_WAIT_MS), answer);
      // A caller with less time than that says nothing about the store.
      if (given === NO_ANSWER && withinMs >= LONGEST_WAIT_MS) this.#wasLate(operation);
      return given;
    } catch (error) {
      this.#fail(operation, error);
      return NO_ANSWER;
    }
  }

  #wasLate(operation: Operation): void {
    this.#restsUntilMs = now() + REST_MS;
    this.#fail(operation, tooLate());
  }

  #fail(operation: Operation, cause: unknown): void {
    this.#report(new PoolError('ERR_CACHE_STORE', { operation, reason: messageOf(cause) }, { cause }));
  }
}

/** What a promise gives within a time, or NO_ANSWER. Keeps the program running meanwhile, because a call waits. */
async function within<T>(limitMs: number, answer: Promise<T>): Promise<T | typeof NO_ANSWER> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof NO_ANSWER>((resolve) => {
    timer = setTimeout(() => resolve(NO_ANSWER), Math.max(0, limitMs));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(): Error {
  return new Error(`It has not answered within ${LONGEST_WAIT_MS} ms.`);
}
