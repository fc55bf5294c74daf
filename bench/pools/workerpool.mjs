// workerpool as it comes, with its workers up from the beginning. It has no setting for speed.
import { fileURLToPath } from 'node:url';
import { peer } from './peer.mjs';

const TASKS = fileURLToPath(new URL('../workloads/workerpool.mjs', import.meta.url));

/** @param serialization of messages to processes; workerpool leaves Node's default, JSON */
export function workerpool(kind, { serialization } = {}) {
  return peer(
    'workerpool',
    kind,
    [['', {}]],
    () => import('workerpool'),
    ({ default: library }, workers) => {
      const pool = library.pool(TASKS, {
        workerType: kind,
        minWorkers: workers,
        maxWorkers: workers,
        ...(serialization && { forkOpts: { serialization } }),
      });
      return { run: (task, input) => pool.exec(task, [input]) };
    },
  );
}
