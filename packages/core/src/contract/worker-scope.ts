/**
 * State that all copies of this package in a process or thread share. A worker module may import another copy than the
 * worker's own.
 */
interface Shared {
  workerData: unknown;
  /** Passes the value to each copy. */
  readonly copies: Set<(data: unknown) => void>;
}

const KEY = Symbol.for('millpond.workerScope');

function shared(): Shared {
  const owner = globalThis as { [KEY]?: Shared };
  return (owner[KEY] ??= { workerData: undefined, copies: new Set() });
}

/**
 * The pool's `workerData` option, cloned, while a worker module loads and after; `ctx.workerData` is the same. Undefined in a
 * program that is not a worker. With kind `'inline'` it is that of the pool whose worker began to load last.
 */
export let workerData: unknown = shared().workerData;
shared().copies.add((data) => (workerData = data));

/** Sets it in every copy, before the worker module is imported. */
export function setWorkerData(data: unknown): void {
  const { copies } = Object.assign(shared(), { workerData: data });
  for (const tell of copies) tell(data);
}
