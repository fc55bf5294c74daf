// Poolifier as it comes sends every task to a worker at once. With turns it needs no measurements, and no listener for events.
// With a queue for each worker, idle workers steal tasks.
import { fileURLToPath } from 'node:url';
import { peer } from './peer.mjs';

const FILES = {
  process: new URL('../workloads/poolifier-processes.cjs', import.meta.url),
  thread: new URL('../workloads/poolifier-threads.mjs', import.meta.url),
};
const SETTINGS = [
  ['', {}],
  ['queues', { enableTasksQueue: true, enableEvents: false }],
  ['in turn', { workerChoiceStrategy: 'ROUND_ROBIN', enableEvents: false }],
];

/** @param serialization of messages to processes; poolifier leaves Node's default, JSON */
export function poolifier(kind, { serialization } = {}) {
  const load = () => import('poolifier');
  return peer('poolifier', kind, SETTINGS, load, ({ FixedClusterPool, FixedThreadPool }, workers, options) => {
    const Pool = kind === 'process' ? FixedClusterPool : FixedThreadPool;
    const pool = new Pool(workers, fileURLToPath(FILES[kind]), {
      ...(serialization && { settings: { serialization } }),
      ...options,
    });
    return { run: (task, input) => pool.execute(input, task) };
  });
}
