// worker-farm as it comes has 10 calls at a time in a worker. The second setting has no limit, as its documentation says for
// calls that take equally long.
import { fileURLToPath } from 'node:url';
import { TASK_NAMES } from '../workloads/chosen.mjs';
import { peer } from './peer.mjs';

const FILE = fileURLToPath(new URL('../workloads/worker-farm.cjs', import.meta.url));
const SETTINGS = [
  ['', {}],
  ['no limit', { maxConcurrentCallsPerWorker: Infinity }],
];

/** @param serialization of its messages; worker-farm leaves Node's default, JSON */
export function workerFarm({ serialization } = {}) {
  return peer(
    'worker-farm',
    'process',
    SETTINGS,
    () => import('worker-farm'),
    ({ default: farm }, workers, options) => {
      const settings = {
        maxConcurrentWorkers: workers,
        autoStart: true,
        ...(serialization && { workerOptions: { serialization } }),
        ...options,
      };
      const pool = farm(settings, FILE, TASK_NAMES);
      return {
        run: (task, input) =>
          new Promise((resolve, reject) =>
            pool[task](input, (error, value) => (error ? reject(error) : resolve(value))),
          ),
      };
    },
  );
}
