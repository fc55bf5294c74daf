// What do the services around a pool cost a task: slowMs, headers, and the windows of stats()? Needs a build.
//
//   node bench/micro/around.mjs            all of it, some two minutes
//   node bench/micro/around.mjs process    with one kind of workers
//   node bench/micro/around.mjs windows    the windows alone
//
// Identity tasks, 1,000 in flight, 2 workers. The pools take turns in rounds, so that other load on the machine hits all alike. Figures are
// medians of the rounds. "off" stands twice: the distance of these two is noise. Threads are part of the program, so their processor
// time counts.
import { Pool } from '@millpond/core';
import { Windows } from '../../packages/core/dist/autoscale/windows.js';
import { BUILT_IN_TASK } from '../../packages/core/dist/contract/resolve-task.js';
import { TaskType } from '../../packages/core/dist/task/task-type.js';
import { closedLoop } from '../closed-loop.mjs';

const ROUNDS = 25;
const ROUND_MS = 200;
const TASKS = new URL('../workloads/tasks.mjs', import.meta.url);

const VARIANTS = {
  off: {},
  'off, again': {},
  'slowMs: 60_000': { slowMs: 60_000 },
  'idempotent, off': { tasks: { identity: { idempotent: true } } },
  'idempotent, slowMs: 60_000': { slowMs: 60_000, tasks: { identity: { idempotent: true } } },
  'priority, an option of the call': { own: { priority: 1 } },
  'deadline, sent as headers are': { own: { deadline: Date.now() + 3_600_000 } },
  'headers: traceparent': {
    own: { headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } },
  },
};

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function rates(kind) {
  const pools = Object.entries(VARIANTS).map(([name, { own, ...options }]) => {
    const pool = new Pool(TASKS, { kind, workers: 2, name, ...options });
    return { name, pool, call: (n) => pool.run('identity', n, own), rounds: [] };
  });
  for (const { call } of pools) await closedLoop(call, { inFlight: 1000, forMs: 1000 });
  for (let round = 0; round < ROUNDS; round++) {
    for (const { call, rounds } of pools) {
      const before = process.cpuUsage();
      const { done, perSecond } = await closedLoop(call, { inFlight: 1000, forMs: ROUND_MS });
      const { user, system } = process.cpuUsage(before);
      rounds.push({ perSecond, cpuNs: ((user + system) * 1000) / done });
    }
  }
  await Promise.all(pools.map(({ pool }) => pool.close()));
  console.log(`\n${kind}: tasks a second, and processor time of the program for each`);
  for (const { name, rounds } of pools) {
    const rate = Math.round(median(rounds.map(({ perSecond }) => perSecond)));
    const cpus = rounds.map(({ cpuNs }) => Math.round(cpuNs));
    const least = `${Math.min(...cpus)} ns at least`;
    console.log(
      `  ${name.padEnd(32)} ${rate.toLocaleString('en').padStart(9)}  ${String(median(cpus)).padStart(6)} ns, ${least}`,
    );
  }
}

/** Time of one beat, once a second, with this number of task names that are all in use. */
function beats(names) {
  let nowMs = 0;
  const types = Array.from({ length: names }, (_, n) => new TaskType(String(n), BUILT_IN_TASK));
  const counts = { completed: 0, failed: 0, cancelled: 0 };
  const windows = new Windows({ now: () => nowMs, types, counts: () => counts, placeMs: () => nowMs });
  const took = [];
  for (let second = 0; second < 4000; second++) {
    // Lengths over three powers of ten, as of a busy server.
    for (const type of types)
      for (let task = 0; task < 20; task++) type.record(1, 10 ** (3 * Math.random()), 10 ** (3 * Math.random()));
    counts.completed += 20 * names;
    nowMs += 1000;
    const from = performance.now();
    windows.tick(nowMs, true, 0);
    took.push(performance.now() - from);
  }
  const looks = (windowMs) => {
    const tookMs = Array.from({ length: 51 }, () => {
      const from = performance.now();
      windows.over(windowMs);
      return performance.now() - from;
    });
    return median(tookMs);
  };
  return { beatUs: median(took) * 1000, minuteMs: looks(60_000), hourMs: looks(3_600_000) };
}

const KINDS = process.argv.length > 2 ? process.argv.slice(2) : ['process', 'thread'];
for (const kind of KINDS) if (kind !== 'windows') await rates(kind);
console.log('\nwindows: time of a beat, once a second; and of stats({ windowMs }) over a minute and over an hour');
for (const names of [1, 10, 100]) {
  const { beatUs, minuteMs, hourMs } = beats(names);
  console.log(
    `  ${String(names).padStart(3)} task names  ${beatUs.toFixed(1)} µs a second; ${minuteMs.toFixed(2)} ms, ${hourMs.toFixed(2)} ms`,
  );
}
