import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AnyHandlers, Pool, type PoolKind, type PoolOptions } from '@millpond/core';
import { expect } from 'vitest';

/** Kinds whose workers can be killed, and die of what their handlers do. */
export const WORKER_KINDS = ['process', 'thread'] as const satisfies readonly PoolKind[];
export const KINDS = ['process', 'thread', 'inline'] as const satisfies readonly PoolKind[];

/** URL of a worker module of the tests. */
export function fixture(name: string): URL {
  return new URL(`../fixtures/${name}`, import.meta.url);
}

// The first look at them opens their handles.
void [process.stdout, process.stderr];

/** Process ids of the children of this process that run. */
function children(): number[] {
  const tasks = '/proc/self/task';
  return readdirSync(tasks)
    .flatMap((thread) => childrenOf(`${tasks}/${thread}`))
    .filter((pid) => pid !== '' && isRunning(Number(pid)))
    .map(Number);
}

/** A thread that has ended since the list of threads was read has none: another thread of its process has them. */
function childrenOf(thread: string): string[] {
  try {
    return readFileSync(`${thread}/children`, 'utf8').trim().split(' ');
  } catch (error) {
    if (!existsSync(thread)) return [];
    throw error;
  }
}

/** Whether a process runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** Open handles of this process by type, those that do not keep it alive included, its open files and its listeners. */
function handles(): Record<string, number> {
  const counts: Record<string, number> = {
    files: readdirSync('/proc/self/fd').length,
    'listeners of exit': process.listenerCount('exit'),
  };
  const { libuv } = process.report.getReport() as unknown as { libuv: { type: string }[] };
  // All timers of JavaScript share one handle; the others of that type are V8's own, for its garbage collector, and come
  // with every thread.
  const ofType = libuv.map(({ type }) => type).filter((type) => type !== 'timer');
  const timeouts = process.getActiveResourcesInfo().filter((type) => type === 'Timeout');
  for (const type of [...ofType, ...timeouts]) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** Handles there are more of than before. */
function leftOver(before: Record<string, number>): string[] {
  const now = Object.entries(handles());
  return now.filter(([type, count]) => count > (before[type] ?? 0)).map(([type, count]) => `${count} ${type}`);
}

/**
 * Opens a pool for `body`, closes it, and holds that nothing is left: no task, no worker, no child process, no handle.
 */
export async function withPool<W = AnyHandlers>(
  worker: string,
  options: PoolOptions<NoInfer<W>>,
  body: (pool: Pool<W>) => Promise<void>,
): Promise<void> {
  const handlesBefore = handles();
  const childrenBefore = children();
  const pool = new Pool<W>(fixture(worker), options);
  try {
    await body(pool);
    await pool.close();
  } finally {
    await pool.destroy();
  }
  const { state, workerList, tasks } = pool.stats();
  expect({ state, workerList, queued: tasks.queued, dispatched: tasks.dispatched, running: tasks.running }).toEqual({
    state: 'closed',
    workerList: [],
    queued: 0,
    dispatched: 0,
    running: 0,
  });
  expect(tasks.completed + tasks.failed + tasks.cancelled).toBe(tasks.submitted);
  expect(children()).toEqual(childrenBefore);
  // Handles are closed in the turns after the last worker has ended.
  for (let turns = 0; turns < 2000 && leftOver(handlesBefore).length > 0; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(leftOver(handlesBefore)).toEqual([]);
}

/** The error a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error('It did not reject.');
}

/** The next event of a name, its payload. */
export function nextEvent<T>(pool: Pool<never>, event: string): Promise<T> {
  return new Promise((resolve) => {
    (pool as unknown as { once(name: string, listener: (payload: T) => void): void }).once(event, resolve);
  });
}

/** Runs a task and resolves with its promise once its handler has reported the first progress. */
export function started<T = unknown>(
  pool: Pool,
  name: string,
  input?: unknown,
  options: Parameters<Pool['run']>[2] = {},
): Promise<{ result: Promise<T>; value: unknown }> {
  return new Promise((resolve, reject) => {
    const onProgress = (value: unknown): void => {
      options.onProgress?.(value);
      resolve({ result, value });
    };
    const result = pool.run(name, input, { ...options, onProgress }) as Promise<T>;
    result.catch(reject);
  });
}

/** Resolves when this holds of a pool; looked at when a worker has come or gone, or another number of them is wanted. */
export function whenever(pool: Pool<never>, holds: () => boolean): Promise<void> {
  const events = ['worker:ready', 'worker:exited', 'worker:recycled', 'resized', 'memory:level'] as const;
  return new Promise((resolve) => {
    const check = (): void => {
      if (!holds()) return;
      for (const event of events) pool.off(event, check);
      resolve();
    };
    for (const event of events) pool.on(event, check);
    check();
  });
}
