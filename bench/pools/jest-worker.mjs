// How is jest-worker started? As it comes, `advanced` messages to processes; JSON is faster where it can carry the values.
import { fileURLToPath } from 'node:url';
import { TASK_NAMES, TASKS } from '../workloads/chosen.mjs';
import { peer } from './peer.mjs';

const JSON_MESSAGES = ['JSON', { forkOptions: { serialization: 'json' } }];

/** @param serialization 'advanced' where JSON cannot carry the values */
export function jestWorker(kind, { serialization } = {}) {
  const canBeJson = kind === 'process' && serialization !== 'advanced';
  const settings = [['', {}], ...(canBeJson ? [JSON_MESSAGES] : [])];
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
