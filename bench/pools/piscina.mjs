// How is Piscina started? As it comes; then without timing, which its documentation names as faster, and several tasks
// at a time in a worker.
import { peer } from './peer.mjs';

const TASKS = new URL('../workloads/tasks.mjs', import.meta.url);
const SETTINGS = [
  ['', {}],
  ['16 a worker', { concurrentTasksPerWorker: 16, recordTiming: false }],
  ['500 a worker', { concurrentTasksPerWorker: 500, recordTiming: false }],
];

export function piscina() {
  return peer(
    'piscina',
    'thread',
    SETTINGS,
    () => import('piscina'),
    ({ Piscina }, workers, options) => {
      const pool = new Piscina({ filename: TASKS.href, minThreads: workers, maxThreads: workers, ...options });
      return { run: (task, input) => pool.run(input, { name: task }) };
    },
  );
}
