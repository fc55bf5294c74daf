// Piscina as it comes, without timing, and with several tasks at a time in a worker. Its documentation says that it is faster
// without timing. Version 6 is a release candidate; on a Node.js that it does not support it ends the program.
import { TASKS } from '../workloads/chosen.mjs';
import { peer } from './peer.mjs';

const SETTINGS = [
  ['', {}],
  ['16 a worker', { concurrentTasksPerWorker: 16, recordTiming: false }],
  ['500 a worker', { concurrentTasksPerWorker: 500, recordTiming: false }],
];

export function piscina() {
  return peer('piscina', 'thread', SETTINGS, () => import('piscina'), create);
}

export function piscina6() {
  const contestants = peer('piscina 6', 'thread', SETTINGS, () => import('piscina-6'), create);
  return contestants.map((each) => ({ ...each, needsNode: '22.0' }));
}

function create({ Piscina }, workers, options) {
  const pool = new Piscina({ filename: TASKS.href, minThreads: workers, maxThreads: workers, ...options });
  return { run: (task, input) => pool.run(input, { name: task }) };
}
