// tinypool as it comes has one task at a time in a worker. Two more settings have 16, and half of a thousand callers each.
import { TASKS } from '../workloads/chosen.mjs';
import { peer } from './peer.mjs';

const RUNTIMES = { process: 'child_process', thread: 'worker_threads' };
const SETTINGS = [
  ['', {}],
  ['16 a worker', { concurrentTasksPerWorker: 16 }],
  ['500 a worker', { concurrentTasksPerWorker: 500 }],
];

/** @param serialization of messages to processes; tinypool leaves Node's default, JSON */
export function tinypool(kind, { serialization } = {}) {
  return peer(
    'tinypool',
    kind,
    SETTINGS,
    () => import('tinypool'),
    ({ Tinypool }, workers, options) => {
      const pool = new Tinypool({
        filename: TASKS.href,
        runtime: RUNTIMES[kind],
        minThreads: workers,
        maxThreads: workers,
        ...(serialization && { serialization }),
        ...options,
      });
      return { run: (task, input) => pool.run(input, { name: task }) };
    },
  );
}
