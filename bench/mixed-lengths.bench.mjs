// What do short tasks pay for the long ones among them?
//
// One task in a hundred runs for 200 ms, the others for 10 µs. All have one name, so no pool can tell them apart beforehand.
// A task of this mix takes 2 ms on average, so two workers do at most 1,000 a second. The throughput therefore says nothing about
// a pool. Two measures do:
//
// - Bursts of a hundred tasks in this mix, further apart than a long one lasts. At most one worker is ever held up, so a short
//   task waits behind a long one only because it was sent to the wrong worker. The measure is the wait of one in a hundred.
// - Saturated: a thousand callers of short tasks call again at once. Beside them a long task comes every 400 ms and keeps one of
//   the two workers busy half of the time. The measures are the short tasks done, and the wait of one in a hundred of them.
//
// Millpond without prefetch (`prefetch: 0`) shows the shortest wait of short tasks in bursts, and the throughput that it costs.
import { strictEqual } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { closedLoop } from './closed-loop.mjs';
import { processPeers, threadPeers } from './contestants.mjs';
import { named, timesBest, timesCost } from './goals.mjs';
import { bareFork, bareThread } from './pools/bare.mjs';
import { millpond } from './pools/millpond.mjs';
import { percentile } from './statistics.mjs';
import { warmRound } from './warm-round.mjs';

const LONG_US = 200_000;
const SHORT_US = 10;
const PERIOD_MS = 400;
const BURST = 100;
const IN_FLIGHT = 1000;
const BURST_P99 = { key: 'burstP99Ms', unit: 'ms p99 in bursts', better: 'lower' };
const RATE = { key: 'shortPerSecond', unit: 'short tasks/s', better: 'higher' };
const P99 = { key: 'shortP99Ms', unit: 'ms p99 saturated', better: 'lower' };

export default {
  numbers: ['B7'],
  question: 'What do short tasks pay for the long ones among them?',
  method:
    'Short tasks take 10 µs, long ones 200 ms, under one name. In bursts: 100 at a time every 400 ms, one of them long. The measure is the time of short ones from call to answer. Saturated: 1,000 callers of short tasks, and a long one every 400 ms beside them.',
  metrics: [BURST_P99, RATE, P99],
  contestants: [
    bareFork(),
    bareThread(),
    ...withPrefetchOff('process'),
    ...processPeers(),
    ...withPrefetchOff('thread'),
    ...threadPeers(),
  ],
  // At least one period each, or a round would have no long task.
  full: { warmupMs: 400, measureMs: 4000 },
  quick: { warmupMs: 10, measureMs: 50 },
  goals: ['processes', 'threads'].flatMap(goalsOf),
  round: warmRound({
    async check(run) {
      strictEqual(await run('spin', SHORT_US), SHORT_US);
    },
    async measure(run, forMs) {
      // Warm up with the measured load: a pool that learns from past tasks has seen only short ones until now.
      if (forMs > PERIOD_MS) await runBursts(run, 3 * PERIOD_MS);
      const burstP99Ms = percentile(await runBursts(run, forMs), 0.99);
      return { burstP99Ms, ...(await runSaturated(run, forMs)) };
    },
  }),
};

function withPrefetchOff(kind) {
  return [millpond(kind), millpond(kind, 'prefetch 0', { prefetch: 0 })];
}

function goalsOf(plural) {
  const us = named(`Millpond ${plural}`);
  const them = named(`Millpond ${plural}, prefetch 0`);
  return [
    timesCost({
      number: 'B7',
      text: `${plural}: p99 in bursts against prefetch 0`,
      metric: BURST_P99,
      us,
      them,
      atMost: 1.5,
    }),
    timesCost({
      number: 'B7',
      text: `${plural}: p99 saturated against prefetch 0`,
      metric: P99,
      us,
      them,
      atMost: 1.5,
    }),
    timesBest({
      number: 'B7',
      text: `${plural}: short tasks a second against prefetch 0`,
      metric: RATE,
      us,
      them,
      atLeast: 8,
    }),
  ];
}

/** @returns how long each short task took */
async function runBursts(run, forMs) {
  const tookMs = [];
  const timed = async () => {
    const startMs = performance.now();
    await run('spin', SHORT_US);
    tookMs.push(performance.now() - startMs);
  };
  const endMs = performance.now() + forMs;
  for (let burst = 0; burst === 0 || performance.now() < endMs; burst++) {
    // Every place in the burst comes up, and the same places for every contestant.
    const long = (burst * 37 + 11) % BURST;
    const calls = Array.from({ length: BURST }, (_, i) => (i === long ? run('spin', LONG_US) : timed()));
    await Promise.all([...calls, delay(PERIOD_MS)]);
  }
  return tookMs;
}

async function runSaturated(run, forMs) {
  const tookMs = [];
  const long = [];
  const timer = setInterval(() => long.push(run('spin', LONG_US)), PERIOD_MS);
  const timed = async () => {
    const startMs = performance.now();
    await run('spin', SHORT_US);
    tookMs.push(performance.now() - startMs);
  };
  const { perSecond } = await closedLoop(timed, { inFlight: IN_FLIGHT, forMs });
  clearInterval(timer);
  await Promise.all(long);
  return { shortPerSecond: perSecond, shortP99Ms: percentile(tookMs, 0.99) };
}
