// Runs a simulated pool for a while, with fixed numbers or sized by the law.
import { decide, startSizing } from '../../packages/core/dist/sizing/decide.js';
import { Simulation, TICK_MS } from './simulation.mjs';

/** The law that the library ships. */
const SHIPPED = { decide, startSizing };
/** Enough tasks that the queue never runs dry. */
export const PLENTY = 1e9;
/** A pool without work only decides when to give up workers, so it looks less often. */
const IDLE_TICK_MS = 1000;
const BOOT_MS = 60;
const SHARES = [0.125, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 8];
const CONCURRENCIES = [1, 4, 16, 64, 256];
const SWEEP_FROM_MS = 1000;
/** With many tasks in a worker, its queue takes long to become steady. */
const SWEEP_FROM_EACH_MS = 10;
/** More cores do more tasks in the same time, so a shorter time has as little noise. */
const SWEEP_CORE_MS = 40_000;

/** Work done for each ms, from `fromMs` to `toMs`, with fixed numbers. */
export function fixedRate({ cores, load, workers, concurrency, fromMs, toMs, seed }) {
  const simulation = new Simulation({ cores, load, workers, concurrency, seed });
  simulation.submit(PLENTY);
  simulation.runTo(fromMs);
  const before = simulation.progressMs;
  simulation.runTo(toMs);
  return (simulation.progressMs - before) / (toMs - fromMs);
}

/**
 * A pool that sizes itself.
 * @param events `[{ atMs, act(simulation) }]`, in order: another load, tasks, no more tasks; with none the queue is always full
 * @param law what decides; sweep.mjs tries others
 * @returns one entry for each tick: time, both numbers, work rate, and work done since the last change of load
 */
export function sizedRun({
  cores,
  load,
  toMs,
  seed,
  events = [{ atMs: 0, act: fill }],
  bootMs = BOOT_MS,
  law = SHIPPED,
}) {
  const whole = Math.ceil(cores);
  const simulation = new Simulation({ cores, load, workers: whole, concurrency: 1, seed, bootMs });
  const limits = { minWorkers: 1, maxWorkers: whole * 8, minConcurrency: 1, maxConcurrency: 512, cores };
  let state = law.startSizing(0);
  const ahead = [...events];
  const ticks = [];
  for (let nowMs = 0; nowMs < toMs;) {
    while (ahead.length > 0 && ahead[0].atMs <= nowMs) ahead.shift().act(simulation);
    const tickMs = Math.min(simulation.hasWork ? TICK_MS : IDLE_TICK_MS, (ahead[0]?.atMs ?? toMs) - nowMs);
    const before = { progressMs: simulation.progressMs, doneMs: simulation.doneOfLoadMs };
    nowMs += tickMs;
    simulation.runTo(nowMs);
    const { workers, concurrency, reason, ...decision } = law.decide(state, simulation.sample(), limits);
    ({ state } = decision);
    simulation.resize(workers, concurrency);
    const rate = (simulation.progressMs - before.progressMs) / tickMs;
    const doneMs = simulation.doneOfLoadMs - before.doneMs;
    ticks.push({ atMs: nowMs, workers, concurrency, rate, doneMs, reason });
  }
  return ticks;
}

/** Submits more tasks than can ever be done. */
export function fill(simulation) {
  simulation.submit(PLENTY);
}

const sweeps = new Map();
const LEAST_GAIN = 1.002;
const MOST_USELESS = 3;

/** The best of a sweep: 1/8 to 8 times as many workers as cores, 1 to 256 tasks in each. */
export function bestFixed({ cores, load, seed = 1 }) {
  const key = `${cores} ${load.name}`;
  if (sweeps.has(key)) return sweeps.get(key);
  let best = { rate: 0 };
  let useless = 0;
  for (const workers of new Set(SHARES.map((share) => Math.max(1, Math.round(Math.ceil(cores) * share))))) {
    const own = bestOf(CONCURRENCIES.map((concurrency) => sweepOne({ cores, load, workers, concurrency, seed })));
    useless = workers > cores && own.rate < best.rate * LEAST_GAIN ? useless + 1 : 0;
    best = bestOf([best, own]);
    // Each takes long, and more workers gain nothing from here on.
    if (useless === MOST_USELESS) break;
  }
  sweeps.set(key, best);
  return best;
}

function sweepOne({ concurrency, cores, ...rest }) {
  const fromMs = SWEEP_FROM_MS + concurrency * SWEEP_FROM_EACH_MS;
  const toMs = fromMs + Math.min(5000, Math.max(1000, SWEEP_CORE_MS / cores));
  return { rate: fixedRate({ concurrency, cores, fromMs, toMs, ...rest }), workers: rest.workers, concurrency };
}

function bestOf(settings) {
  return settings.reduce((best, each) => (each.rate > best.rate ? each : best));
}
