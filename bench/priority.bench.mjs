// What is `priority` worth to the few tasks that are urgent, and what do the others pay for it?
//
// Two loads, of tasks that compute for some 1 ms on two workers:
//
// - Few: 1,000 callers keep the queue full; beside them 20 tasks a second, about one in a hundred, are urgent.
// - Flood: 100 callers of urgent tasks could keep all workers busy on their own. Beside them 4 callers have normal tasks. Aging
//   lets those through: a task that has waited a second longer for each step of difference goes first.
//
// One contestant does without priorities: it has a second pool of one worker for urgent tasks.
import { strictEqual } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { named, timesBest } from './goals.mjs';
import { percentile } from './statistics.mjs';
import { WORKERS } from './warm-round.mjs';

const LOADS = new URL('./workloads/loads.mjs', import.meta.url);
const COMPUTE_NS = 1e6;
const URGENT_EVERY_MS = 50;
const LOADS_OF = {
  few: { others: 1000, urgent: undefined },
  flood: { others: 4, urgent: 100 },
};

const URGENT_P50 = { key: 'urgentP50Ms', unit: 'ms p50, urgent', better: 'lower' };
const URGENT_P99 = { key: 'urgentP99Ms', unit: 'ms p99, urgent', better: 'lower' };
const OTHERS_P99 = { key: 'othersP99Ms', unit: 'ms p99, others', better: 'lower' };
const URGENT_RATE = { key: 'urgentPerSecond', unit: 'urgent/s', better: 'higher' };
const OTHERS_RATE = { key: 'othersPerSecond', unit: 'others/s', better: 'higher' };

const WAYS = {
  'no priority': { role: 'baseline', open: withPriority(0) },
  'priority 1': { role: 'subject', open: withPriority(1) },
  'priority 10': { role: 'subject', open: withPriority(10) },
  'a pool for urgent ones': {
    role: 'baseline',
    open(Pool) {
      const urgent = new Pool(LOADS, { workers: 1 });
      const others = new Pool(LOADS, { workers: WORKERS });
      return { urgent: () => urgent.run('compute', COMPUTE_NS), others: () => others.run('compute', COMPUTE_NS) };
    },
  },
};

export default {
  numbers: ['B17'],
  question: 'What is `priority` worth to the few tasks that are urgent, and what do the others pay for it?',
  method: `Tasks compute for some 1 ms on ${WORKERS} processes. Few: 1,000 callers of normal tasks, and an urgent one every ${URGENT_EVERY_MS} ms. Flood: 100 callers of urgent tasks, and 4 of normal ones. Tasks that still wait in the end count with their time so far.`,
  outlined: 'no priority; a pool of one worker for urgent tasks beside the two',
  metrics: [URGENT_P50, URGENT_P99, URGENT_RATE, OTHERS_P99, OTHERS_RATE],
  contestants: Object.keys(LOADS_OF).flatMap((load) =>
    Object.entries(WAYS).map(([way, { role, open }]) => ({
      name: `${way}, ${load}`,
      kind: 'process',
      role,
      open,
      ...LOADS_OF[load],
    })),
  ),
  full: { rounds: 3, warmupMs: 2000, measureMs: 6000 },
  quick: { warmupMs: 50, measureMs: 150 },
  goals: [
    timesBest({
      number: 'B17',
      text: 'p99 of few urgent tasks, priority 1 against none',
      metric: URGENT_P99,
      us: named('priority 1, few'),
      them: named('no priority, few'),
      atLeast: 10,
    }),
    timesBest({
      number: 'B17',
      text: 'others a second beside few urgent ones, priority 1 against none',
      metric: OTHERS_RATE,
      us: named('priority 1, few'),
      them: named('no priority, few'),
      atLeast: 0.9,
    }),
  ],

  async round({ open, urgent, others }, { warmupMs, measureMs }) {
    const { Pool } = await import('@millpond/core');
    const calls = open(Pool);
    for (const call of Object.values(calls)) strictEqual(typeof (await call()), 'number');
    const load = new Load();
    load.call('others', calls.others, others);
    if (urgent === undefined) load.callEvery('urgent', calls.urgent, URGENT_EVERY_MS);
    else load.call('urgent', calls.urgent, urgent);
    await delay(warmupMs);
    return load.measure(measureMs);
  },
};

function withPriority(priority) {
  return (Pool) => {
    const pool = new Pool(LOADS, { workers: WORKERS });
    const options = { priority };
    return { urgent: () => pool.run('compute', COMPUTE_NS, options), others: () => pool.run('compute', COMPUTE_NS) };
  };
}

/** Callers of two kinds of tasks, and how long each call took. */
class Load {
  #tookMs = { urgent: [], others: [] };
  /** Start times of the calls without an answer. */
  #waiting = { urgent: new Set(), others: new Set() };

  /** Each caller calls again as soon as it has its answer. */
  call(sort, run, callers) {
    const caller = async () => {
      for (;;) await this.#timed(sort, run);
    };
    for (let i = 0; i < callers; i++) void caller();
  }

  callEvery(sort, run, periodMs) {
    setInterval(() => void this.#timed(sort, run), periodMs);
  }

  async measure(forMs) {
    this.#tookMs = { urgent: [], others: [] };
    await delay(forMs);
    const done = { urgent: this.#tookMs.urgent.length, others: this.#tookMs.others.length };
    const nowMs = performance.now();
    const took = (sort) => [...this.#tookMs[sort], ...[...this.#waiting[sort]].map(({ startMs }) => nowMs - startMs)];
    const [urgent, others] = [took('urgent'), took('others')];
    return {
      urgentP50Ms: percentile(urgent, 0.5),
      urgentP99Ms: percentile(urgent, 0.99),
      urgentPerSecond: (done.urgent / forMs) * 1000,
      othersP99Ms: percentile(others, 0.99),
      othersPerSecond: (done.others / forMs) * 1000,
    };
  }

  async #timed(sort, run) {
    const call = { startMs: performance.now() };
    this.#waiting[sort].add(call);
    await run();
    this.#waiting[sort].delete(call);
    this.#tookMs[sort].push(performance.now() - call.startMs);
  }
}
