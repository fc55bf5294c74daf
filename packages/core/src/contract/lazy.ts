import { isThenable } from '../base/is-thenable.js';
import { lazyValues } from './lazy-values.js';

/** Frees a value. */
type Dispose<T> = (value: Awaited<T>) => unknown;

/** Functions that make values, by name. */
type Makers = Readonly<Record<string, () => unknown>>;

/**
 * Makes a value at its first use, and gives the same one from then on: `const model = lazy(() => openModel());
 * model().classify(…)`.
 *
 * An async function is called once, however many tasks wait for it, and all get its promise. A value that cannot be made fails
 * the tasks that wait for it, and the next use tries again. Each worker has values of its own. When it ends, it frees them after
 * `teardown`, the latest first: by `dispose`, else by their `Symbol.asyncDispose` or `Symbol.dispose`. A worker of kind 'inline'
 * leaves them to the last such worker of the program.
 *
 * Do not export the result from a worker module, because each exported function is a handler.
 * @throws ReferenceError from the returned function, when a value needs itself
 */
export function lazy<T>(make: () => T, options?: { dispose?: Dispose<T> }): () => T;
/**
 * The same for several values: `const { db, model } = lazy({ db: () => connect(), model: () => openModel() }); await db()`.
 */
export function lazy<M extends Makers>(
  makers: M,
  options?: { dispose?: { readonly [N in keyof M]?: Dispose<ReturnType<M[N]>> } },
): { readonly [N in keyof M]: () => ReturnType<M[N]> };
export function lazy(
  given: (() => unknown) | Makers,
  { dispose }: { dispose?: Dispose<unknown> | Readonly<Record<string, Dispose<unknown> | undefined>> } = {},
): (() => unknown) | Makers {
  if (typeof given === 'function') return once(given, dispose as Dispose<unknown> | undefined);
  if (typeof given !== 'object' || (given as Makers | null) === null) throw new TypeError(noFunctions(given));
  const each = (dispose ?? {}) as Readonly<Record<string, Dispose<unknown> | undefined>>;
  return Object.fromEntries(Object.entries(given).map(([name, make]) => [name, once(make, each[name])]));
}

function noFunctions(given: unknown): string {
  return `lazy() takes a function that makes a value, or an object of them, not ${given === null ? 'null' : typeof given}.`;
}

function once<T>(make: () => T, dispose: Dispose<T> | undefined): () => T {
  if (typeof make !== 'function') throw new TypeError(noFunctions(make));
  const value = new LazyValue(make, dispose);
  return () => value.get();
}

/**
 * - unmade: before the first use, and after a failure or the end.
 * - making: inside of `make`.
 * - made: the value, or its promise, is there.
 */
type State<T> = { readonly name: 'unmade' | 'making' } | { readonly name: 'made'; readonly value: T };

class LazyValue<T> {
  readonly #make: () => T;
  readonly #dispose: Dispose<T> | undefined;
  #state: State<T> = { name: 'unmade' };

  constructor(make: () => T, dispose: Dispose<T> | undefined) {
    this.#make = make;
    this.#dispose = dispose;
    lazyValues().hasAny = true;
  }

  get(): T {
    const state = this.#state;
    if (state.name === 'made') return state.value;
    if (state.name === 'making')
      throw new ReferenceError('A lazy value needs itself: its function uses the value that it makes.');
    this.#state = { name: 'making' };
    try {
      const value = this.#make();
      const made = { name: 'made', value } as const;
      this.#state = made;
      if (isThenable(value)) this.#await(value, made);
      else lazyValues().made.add(this);
      return value;
    } catch (error) {
      this.#state = { name: 'unmade' };
      throw error;
    }
  }

  async dispose(): Promise<void> {
    const state = this.#state;
    if (state.name !== 'made') return;
    this.#state = { name: 'unmade' };
    const value = await state.value;
    if (this.#dispose !== undefined) await this.#dispose(value);
    else await disposeByItself(value);
  }

  /** Notes when it is there. A failure reaches those that wait for it. */
  #await(value: PromiseLike<unknown>, made: State<T>): void {
    const { made: done, underWay } = lazyValues();
    // Its own `then` may throw, or call back twice.
    const end = Promise.resolve(value);
    underWay.add(end);
    end.then(
      () => {
        underWay.delete(end);
        done.add(this);
      },
      () => {
        underWay.delete(end);
        if (this.#state === made) this.#state = { name: 'unmade' };
      },
    );
  }
}

/** Frees a value in its own way, if it has one. */
async function disposeByItself(value: unknown): Promise<void> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return;
  const own = value as Partial<AsyncDisposable & Disposable>;
  if (own[Symbol.asyncDispose] === undefined) own[Symbol.dispose]?.();
  else await own[Symbol.asyncDispose]?.();
}
