import { type Deferred, deferred } from '../../src/base/deferred.js';
import type { MapParts } from '../../src/pool/map.js';

/** A source that counts how often it is asked, and knows whether it was closed. */
export class Source implements Iterable<number> {
  pulled = 0;
  isClosed = false;
  readonly #length: number;
  readonly #failsAt: number;

  constructor(length: number, failsAt = Infinity) {
    this.#length = length;
    this.#failsAt = failsAt;
  }

  *[Symbol.iterator](): Generator<number> {
    try {
      for (let input = 0; input < this.#length; input++) {
        if (input === this.#failsAt) throw new Error(`source broke at ${input}`);
        this.pulled++;
        yield input;
      }
    } finally {
      this.isClosed = true;
    }
  }
}

/** Parts of a map whose tasks the test settles by hand. */
export function openMap(inputs: MapParts['inputs'], fields: Partial<MapParts> = {}) {
  const tasks = new Map<unknown, Deferred<unknown> & { signal: AbortSignal }>();
  const parts: MapParts = {
    inputs,
    ordered: true,
    window: () => 4,
    room: () => undefined,
    mayComeAtOnce: false,
    signal: undefined,
    onEnd: () => () => {},
    submit(input, signal) {
      const task = { ...deferred<unknown>(), signal };
      tasks.set(input, task);
      signal.addEventListener('abort', () => task.reject(signal.reason), { once: true });
      return task.promise;
    },
    ...fields,
  };
  return { tasks, parts };
}

export function resolveAll(tasks: Map<unknown, Deferred<unknown>>): void {
  for (const [input, task] of tasks) task.resolve(`result ${String(input)}`);
}

/** Takes the next result without letting its promise wait. */
export async function next<T>(iterator: AsyncIterator<T>): Promise<T> {
  const { value, done } = await iterator.next();
  if (done === true) throw new Error('the iteration has ended');
  return value;
}

/** All results. */
export async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}
