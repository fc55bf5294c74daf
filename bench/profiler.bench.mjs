// What does a profiler cost?
//
// Tasks do a fixed number of steps, about 1 ms. A busy wait by the clock would hide the cost. One pool runs them all the time. Stretches
// with a profiler and without one take turns (A B B A). So a drift of the machine falls on both.
//
// Cost is processor time of the program with all its workers, per task. The figure is that cost as a multiple of the cost without a
// profiler. `none` has no profiler in either stretch, and shows what the method itself sees.
import { deepStrictEqual } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { closedLoop } from './closed-loop.mjs';
import { costsAtMost, named } from './goals.mjs';
import { PLURAL } from './kinds.mjs';
import { WORKERS } from './warm-round.mjs';
import { steps } from './workloads/profiled.mjs';

const CPU = { key: 'cpuRatio', unit: '× processor time a task', better: 'lower' };
const RATE = { key: 'rateRatio', unit: '× tasks a second', better: 'higher' };
const LIMITS = { none: undefined, off: 1.001, stats: 1.01, trace: 1.02, cpu: 1.03 };
const KINDS = ['process', 'thread'];
const IN_FLIGHT = 4 * WORKERS;
/** Steps of about 1 ms. */
const STEPS = 700_000;
/** V8 compiles what a profiler runs for some seconds, as it does for the pool. Both are warm before the first pair. */
const WARMUP_MS = 5000;
/** Time after a change, for workers to hear of it and for first compilations. */
const SETTLE_MS = 150;
const MODULE = new URL('workloads/profiled.mjs', import.meta.url);

const nameOf = (kind, level) => `${PLURAL[kind]}, ${level}`;

export default {
  numbers: ['B11'],
  question: 'What does a profiler cost?',
  method:
    'Tasks of about 1 ms of fixed work on two workers, 8 in flight. Stretches with and without a profiler take turns in one program. Processor time of the program with all its workers, per task, as a multiple of that without; I/O is watched.',
  outlined: 'none: two times without',
  metrics: [CPU, RATE],
  contestants: KINDS.flatMap((kind) =>
    Object.keys(LIMITS).map((level) => ({
      name: nameOf(kind, level),
      role: level === 'none' ? 'baseline' : 'subject',
      kind,
      level,
      load: async () => ({ ...(await import('@millpond/core')), ...(await import('@millpond/profiler')) }),
    })),
  ),
  full: { rounds: 5, warmupMs: WARMUP_MS, measureMs: 1500 },
  quick: { pairs: 1 },
  goals: KINDS.flatMap((kind) =>
    Object.entries(LIMITS)
      .filter(([, atMost]) => atMost !== undefined)
      .map(([level, atMost]) =>
        costsAtMost({ number: 'B11', text: `${level}, ${kind}`, metric: CPU, us: named(nameOf(kind, level)), atMost }),
      ),
  ),

  async round({ kind, level, load }, { warmupMs, measureMs, pairs = 6 }) {
    const { Pool, Profiler } = await load();
    const pool = new Pool(MODULE, { kind, workers: WORKERS, name: 'profiled' });
    deepStrictEqual(await pool.run('steps', 10), steps(10));
    const stretch = async (isProfiled, forMs = measureMs) => {
      const profiler = isProfiled && level !== 'none' ? new Profiler({ level }).attach(pool) : undefined;
      await closedLoop(() => pool.run('steps', STEPS), { inFlight: IN_FLIGHT, forMs: SETTLE_MS });
      const before = cpuMs(pool);
      const { done, perSecond } = await closedLoop(() => pool.run('steps', STEPS), {
        inFlight: IN_FLIGHT,
        forMs,
      });
      const cost = { cpuMs: (cpuMs(pool) - before) / done, perSecond };
      await profiler?.stop();
      await wait(10);
      return cost;
    };
    await stretch(true, warmupMs);
    await stretch(false);
    const [cpu, rate] = [[], []];
    for (let pair = 0; pair < pairs; pair++) {
      const first = await stretch(pair % 2 === 0);
      const second = await stretch(pair % 2 === 1);
      const [on, off] = pair % 2 === 0 ? [first, second] : [second, first];
      cpu.push(on.cpuMs / off.cpuMs);
      rate.push(on.perSecond / off.perSecond);
    }
    await pool.destroy();
    return { cpuRatio: middle(cpu), rateRatio: middle(rate) };
  },
};

/** Processor time of all threads of the program and of its worker processes, ms. Linux counts it in nanoseconds. */
function cpuMs(pool) {
  const workers = pool.stats().workerList.map(({ pid }) => pid);
  const pids = new Set([process.pid, ...workers.filter((pid) => pid !== undefined)]);
  let ns = 0;
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      try {
        ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      } catch {
        // The thread has just ended.
      }
    }
  }
  return ns / 1e6;
}

function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
}
