/** A function that a module may export as a handler. */
type AnyHandler = (...args: never[]) => unknown;

/**
 * A handler that is loaded with its first task. For worker modules whose handlers need much to load and are not all used:
 *
 * ```ts
 * export const convert = lazyHandler(() => import('./convert.js').then(({ convert }) => convert));
 * ```
 *
 * Its input and output are those of the handler that `load` gives. Tasks that come meanwhile wait for the same load, and the time
 * counts as theirs (`timeoutMs`). If it fails, they reject with its error, and the next task loads again. Node.js itself does not
 * evaluate a module again that has thrown. A warm-up task (`warmup.tasks`) loads it before the worker takes tasks. For batches, the
 * lazy handler goes inside: `batch(options, lazyHandler(load))`.
 *
 * @typeParam H the handler that `load` gives
 */
export function lazyHandler<H extends AnyHandler>(
  load: () => H | PromiseLike<H>,
): (...args: Parameters<H>) => ReturnType<H> | Promise<Awaited<ReturnType<H>>> {
  type Loaded = (...args: Parameters<H>) => ReturnType<H>;
  let handler: Loaded | undefined;
  let loading: Promise<Loaded> | undefined;
  const loadIt = async (): Promise<Loaded> => {
    // Even if `load` throws at once, the load has begun, and others may wait for it.
    const given: unknown = await Promise.resolve().then(load);
    if (typeof given !== 'function') throw new TypeError(noHandler(given));
    return (handler = given as Loaded);
  };
  const end = (): void => {
    loading = undefined;
  };
  return (...args) => {
    if (handler !== undefined) return handler(...args);
    if (loading === undefined) {
      loading = loadIt();
      loading.then(end, end);
    }
    return loading.then((loaded) => loaded(...args)) as Promise<Awaited<ReturnType<H>>>;
  };
}

function noHandler(given: unknown): string {
  return `The function given to lazyHandler() must return a handler, or a promise for one, not ${typeof given}.`;
}
