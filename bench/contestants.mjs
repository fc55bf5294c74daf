// Lists the contestants: Millpond, its peers as they come and at their best, and baselines without a pool.
//
// A contestant is `{ name, kind, role, load, create }`. `create(await load(), { workers })` returns a pool `{ run(task, input) }`
// at once, while its workers start. The pool is never closed: the end of the round's process ends it. `role` is 'subject',
// 'peer', or 'baseline'. A baseline is no pool: it does not supervise, queue or cancel.
import { bareFork, bareThread, directCall } from './pools/bare.mjs';
import { jestWorker } from './pools/jest-worker.mjs';
import { millpond, millpondIdempotent } from './pools/millpond.mjs';
import { piscina, piscina6 } from './pools/piscina.mjs';
import { poolifier } from './pools/poolifier.mjs';
import { tinypool } from './pools/tinypool.mjs';
import { workerFarm } from './pools/worker-farm.mjs';
import { workerpool } from './pools/workerpool.mjs';

export const LIBRARIES = ['tinypool', 'piscina', 'piscina-6', 'workerpool', 'poolifier', 'jest-worker', 'worker-farm'];

/** @param serialization 'advanced' for values that JSON cannot carry */
export function processPeers(serialization) {
  const options = { serialization };
  return [
    ...tinypool('process', options),
    ...workerpool('process', options),
    ...poolifier('process', options),
    ...jestWorker('process', options),
    ...workerFarm(options),
  ];
}

export function threadPeers() {
  return [
    ...tinypool('thread'),
    ...piscina(),
    ...piscina6(),
    ...workerpool('thread'),
    ...poolifier('thread'),
    ...jestWorker('thread'),
  ];
}

/** Without settings for tasks that do next to nothing, and without worker-farm, which has not changed for years. */
export function forRealTasks(contestants) {
  const meant = contestants.filter(({ name, library }) => library !== 'worker-farm' && !name.endsWith('500 a worker'));
  return meant.map((each) => (each.name.endsWith('16 a worker') ? { ...each, isForQuick: true } : each));
}

/** All contestants, for tasks with the same `serialization` on both ways. */
export function everybody({ serialization } = {}) {
  return [
    directCall(),
    bareFork({ serialization }),
    bareThread(),
    millpond('process'),
    ...processPeers(serialization),
    millpond('thread'),
    ...threadPeers(),
  ];
}

/** All contestants, and Millpond with idempotent tasks. */
export function everybodyAndIdempotent() {
  const all = everybody();
  for (const kind of ['process', 'thread']) {
    const at = all.findIndex(({ role, ...each }) => role === 'subject' && each.kind === kind) + 1;
    all.splice(at, 0, millpondIdempotent(kind));
  }
  return all;
}
