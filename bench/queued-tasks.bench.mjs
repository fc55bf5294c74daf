// How much memory does a waiting task take?
//
// A million calls have a number as input, and each returns a promise. No worker is free: Millpond's pool is paused, the workers
// of the others are kept busy. The result is the growth of the program's heap and buffers, after a collection. Pools that send
// everything at once (poolifier, worker-farm without limit) keep it in the messages.
import { processPeers, threadPeers } from './contestants.mjs';
import { costsAtMost, ours } from './goals.mjs';
import { millpond } from './pools/millpond.mjs';
import { WORKERS } from './warm-round.mjs';

// Longer than a round may last; the end of the process ends the workers.
const BUSY_MS = 300_000;
const BYTES = { key: 'bytesPerTask', unit: 'bytes a task', better: 'lower' };

export default {
  numbers: ['B10'],
  question: 'How much memory does a task take that waits for a worker?',
  method:
    'Growth of heap and buffers of the program over a million calls with a number as input. Both readings follow a collection, and no worker takes a task meanwhile.',
  metrics: [BYTES],
  contestants: [millpond('process'), ...processPeers(), millpond('thread'), ...threadPeers()],
  full: { tasks: 1_000_000, timeoutMs: 120_000 },
  quick: { tasks: 2000 },
  nodeFlags: ['--expose-gc'],
  goals: ['process', 'thread'].map((kind) =>
    costsAtMost({
      number: 'B10',
      text: `each of 1,000,000 queued tasks, ${kind} pool`,
      metric: BYTES,
      us: ours(kind),
      atMost: 400,
    }),
  ),

  async round(contestant, { tasks }) {
    const pool = contestant.create(await contestant.load(), { workers: WORKERS });
    await Promise.all(Array.from({ length: 100 }, (_, i) => pool.run('identity', i)));
    // The end of the process may reject them. One handler for all, because a handler each would cost a promise and a closure.
    process.on('unhandledRejection', () => {});
    if (pool.hold) pool.hold();
    else for (let worker = 0; worker < WORKERS; worker++) void pool.run('block', BUSY_MS);
    const before = bytesInUse();
    for (let i = 0; i < tasks; i++) void pool.run('identity', i);
    return { bytesPerTask: (bytesInUse() - before) / tasks };
  },
};

function bytesInUse() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
