import { listen } from '../base/abort-watch.js';
import { type Deferred, deferred } from '../base/deferred.js';
import { isThenable } from '../base/is-thenable.js';
import { AbortController, setImmediate } from '../base/natives.js';
import { RingQueue } from '../base/ring-queue.js';
import { isPoolError } from '../contract/errors.js';
import type { LoopTimes } from '../task/loop-times.js';

/** How one input of `mapSettled` ended. */
export type SettledTask<I, O> =
  | { index: number; input: I; status: 'fulfilled'; value: O }
  | { index: number; input: I; status: 'rejected'; reason: unknown };

export type Settled = SettledTask<unknown, unknown>;

export interface MapParts {
  inputs: Iterable<unknown> | AsyncIterable<unknown>;
  ordered: boolean;
  /** Most inputs submitted and not yet yielded, at this moment. */
  window(): number;
  /** Waits until the queue has room for one more. */
  room(): Promise<void> | undefined;
  submit(input: unknown, signal: AbortSignal): Promise<unknown>;
  /** Whether results may come without a turn of the event loop, from a cache. */
  mayComeAtOnce: boolean;
  signal: AbortSignal | undefined;
  /** What the program takes for its inputs and results. */
  times?: LoopTimes | undefined;
  /** Whether a failure ends the loop, after the tasks under way. */
  endsAt?(reason: unknown): boolean;
  /**
   * Calls back once with the error of a pool that accepts no more tasks. The call comes at once if it accepts none now.
   * Returns a function that unsubscribes.
   */
  onEnd(callback: (error: unknown) => void): () => void;
}

/**
 * Results from a cache that may come one after the other. Then the event loop turns, for timers and I/O of the program. A thousand
 * of them take a millisecond or two; at double, a timer would wait for twice as long. A choice.
 */
const MOST_AT_ONCE = 1000;

/**
 * Runs every input and yields how each ended, in input order or as they end. Pulls an input only when there is room in the
 * window. So ten million inputs cost no more memory than the window. Leaving the loop early cancels the tasks under way and
 * closes the source. A pool that accepts no more tasks ends the loop with its error, after the tasks under way. Otherwise an
 * endless source would yield refusals for ever.
 */
export async function* mapSettled(parts: MapParts): AsyncGenerator<Settled, void, undefined> {
  const { inputs, ordered, window, room, submit, mayComeAtOnce, times, endsAt } = parts;
  const source = iterator(inputs);
  // A separate controller, which the given signal aborts: AbortSignal.any() leaves something behind in a signal that lives
  // on.
  const abort = new AbortController();
  const { signal } = abort;
  // In input order, the head of `waiting` is the oldest, undefined while it runs. Out of order, `done` holds those that have
  // ended.
  const waiting = new RingQueue<Settled | undefined>();
  let first = 0;
  const done = new RingQueue<Settled>();
  let underWay = 0;
  let next = 0;
  /** Whether nothing more will be pulled: the source has ended, or failed, or the loop over the results has ended. */
  let isOver = false;
  let isSourceOpen = true;
  let failure: { error: unknown } | undefined;
  let news: Deferred<void> | undefined;
  let isPulling = false;
  /** Whether the source has been asked, and has not answered yet. */
  let isAnswerDue = false;
  let yielded = 0;

  const settle = (settled: Settled): void => {
    underWay--;
    if (settled.status === 'rejected' && endsAt?.(settled.reason) === true) stopWith(settled.reason);
    if (ordered) waiting.set(settled.index - first, settled);
    else done.push(settled);
    news?.resolve();
  };
  const start = (input: unknown): void => {
    const index = next++;
    underWay++;
    if (ordered) waiting.push(undefined);
    submit(input, signal).then(
      (value) => settle({ index, input, status: 'fulfilled', value }),
      (reason: unknown) => settle({ index, input, status: 'rejected', reason }),
    );
  };
  const stopWith = (error: unknown): void => {
    isOver = true;
    failure ??= { error };
    news?.resolve();
  };
  const unyielded = (): number => (ordered ? waiting.size : underWay + done.size);

  /** A source that throws is finished. A source left for another reason must be closed. */
  const broken = (error: unknown): never => {
    isSourceOpen = false;
    throw error;
  };
  const readLater = async (pulled: PromiseLike<unknown>): Promise<Pulled> => {
    isAnswerDue = true;
    try {
      return read(await pulled);
    } catch (error) {
      return broken(error);
    } finally {
      isAnswerDue = false;
    }
  };
  const pullOne = (): Pulled | Promise<Pulled> => {
    try {
      const pulled = source.next() as unknown;
      return isThenable(pulled) ? readLater(pulled) : read(pulled);
    } catch (error) {
      return broken(error);
    }
  };
  /** Pulls inputs until the window is full. While it waits for the source, results are yielded all the same. */
  const pull = async (): Promise<void> => {
    isPulling = true;
    try {
      while (!isOver && unyielded() < window()) {
        const wait = room();
        if (wait !== undefined) await wait;
        if (isOver) break;
        const askedMs = times?.now() ?? NaN;
        const pulled = pullOne();
        let item: Pulled;
        if (isThenable(pulled)) {
          item = await pulled;
          times?.asked(askedMs);
          // The source took its time, and other callers may have the place by now.
          const again = item.isDone || isOver ? undefined : room();
          if (again !== undefined) await again;
        } else {
          item = pulled;
          times?.asked(askedMs);
        }
        if (item.isDone) isSourceOpen = false;
        if (item.isDone || isOver) break;
        times?.took();
        start(item.input);
      }
    } catch (error) {
      // After the end of the loop, this error has no reader. See `closeSource`.
      stopWith(error);
    }
    isPulling = false;
    isOver ||= !isSourceOpen;
    news?.resolve();
  };

  const given = parts.signal;
  const onAbort = (): void => {
    stopWith(given?.reason);
    abort.abort(given?.reason);
  };
  const unlisten = given === undefined ? undefined : listen(given, onAbort);
  if (given?.aborted === true) onAbort();
  const forgetEnd = parts.onEnd(stopWith);
  try {
    for (;;) {
      if (!isOver && !isPulling && unyielded() < window()) void pull();
      const settled = ordered ? waiting.at(0) : done.shift();
      if (settled !== undefined) {
        if (ordered) {
          waiting.shift();
          first++;
        }
        const yieldedMs = times?.now() ?? NaN;
        yield settled;
        times?.read(yieldedMs);
        if (mayComeAtOnce && ++yielded % MOST_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      // Tasks under way are yielded first; then the cause that ended the pulling ends the loop.
      if (isOver && unyielded() === 0) break;
      news = deferred();
      await news.promise;
      news = undefined;
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    isOver = true;
    unlisten?.();
    forgetEnd();
    abort.abort(new DOMException('The iteration ended before this task did.', 'AbortError'));
    if (isSourceOpen) await closeSource(source, isAnswerDue);
  }
}

/**
 * Closes the source, and throws its error. A source whose answer is due would close only after that answer, which may never
 * come. So the loop ends without it.
 */
async function closeSource(source: Iterator<unknown> | AsyncIterator<unknown>, isAnswerDue: boolean): Promise<void> {
  const closed = source.return?.();
  if (!isAnswerDue) await closed;
  else {
    Promise.resolve(closed).catch(() => {
      // The caller has its end by the time of this error, and the tasks have theirs. Unhandled, the error would end the program.
    });
  }
}

/**
 * Yields the values only, up to the first failure, which is thrown. Where tasks that wait are dropped, those that have begun go on. Their
 * values come before the error.
 */
export async function* mapValues(parts: MapParts): AsyncGenerator<unknown, void, undefined> {
  for await (const settled of mapSettled({ ...parts, endsAt: isDrop })) {
    if (settled.status === 'fulfilled') yield settled.value;
    else if (!isDrop(settled.reason)) throw settled.reason;
  }
}

function isDrop(reason: unknown): boolean {
  return isPoolError(reason, 'ERR_TASK_DROPPED');
}

function iterator(inputs: Iterable<unknown> | AsyncIterable<unknown>): Iterator<unknown> | AsyncIterator<unknown> {
  const { [Symbol.asyncIterator]: async } = inputs as Partial<AsyncIterable<unknown>>;
  return async === undefined || async === null
    ? (inputs as Iterable<unknown>)[Symbol.iterator]()
    : (inputs as AsyncIterable<unknown>)[Symbol.asyncIterator]();
}

/** An answer of a source. */
interface Pulled {
  isDone: boolean;
  input: unknown;
}

/** Reads an answer of a source, as `for await` does. @throws TypeError for one that is not an object */
function read(answer: unknown): Pulled {
  if ((typeof answer !== 'object' && typeof answer !== 'function') || answer === null) {
    throw new TypeError(`Iterator result ${String(answer)} is not an object`);
  }
  const { done } = answer as IteratorResult<unknown>;
  // The value of an end is not read.
  return done ? { isDone: true, input: undefined } : { isDone: false, input: (answer as { value: unknown }).value };
}
