// jest-worker as it comes. Messages to processes are JSON where it can carry the values, because it is faster; else `advanced`.
import { fileURLToPath } from 'node:url';
import { TASK_NAMES, TASKS } from '../workloads/chosen.mjs';
import { peer } from './peer.mjs';

/** Its default is `advanced`. */
export const JSON_MESSAGES = { forkOptions: { serialization: 'json' } };

/** @param serialization 'advanced' where JSON cannot carry the values */
export function jestWorker(kind, { serialization } = {}) {
  const canBeJson = kind === 'process' && serialization !== 'advanced';
  const settings = [['', {}], ...(canBeJson ? [['JSON', JSON_MESSAGES]] : [])];
  return peer(
    'jest-worker',
    kind,
    settings,
    () => import('jest-worker'),
    (library, workers, options) => {
      const pool = new library.Worker(fileURLToPath(TASKS), {
        exposedMethods: TASK_NAMES,
        numWorkers: workers,
        enableWorkerThreads: kind === 'thread',
        ...options,
      });
      return { run: (task, input) => pool[task](input) };
    },
  );
}
