// Loads: each draws tasks as phases. `cpu` needs the worker's loop and a core, `block` only the loop, `wait` neither. Times in ms.
import { noise } from './random.mjs';

const NOISE = 0.2;

const computing = (ms) => (random) => [{ kind: 'cpu', ms: ms * noise(random, NOISE) }];
const waiting =
  (ms, cpuMs = 0.2) =>
  (random) => [
    { kind: 'cpu', ms: cpuMs / 2 },
    { kind: 'wait', ms: ms * noise(random, NOISE) },
    { kind: 'cpu', ms: cpuMs / 2 },
  ];
const blocking =
  (ms, cpuMs = 0.5) =>
  (random) => [
    { kind: 'cpu', ms: cpuMs },
    { kind: 'block', ms: ms * noise(random, NOISE) },
  ];
const mix =
  (...draws) =>
  (random) =>
    draws[Math.floor(random() * draws.length)](random);
const rarely = (share, rare, usual) => (random) => (random() < share ? rare : usual)(random);
/** Pareto with shape 1.5: the mean is three times the least. One in a thousand takes a hundred times as long. */
const pareto = (leastMs) => (random) => [{ kind: 'cpu', ms: Math.min(leastMs / (1 - random()) ** (1 / 1.5), 20_000) }];

/** Contention for shared resources, and the cost of their coherence: Gunther's universal scalability law. */
const FREE = { sigma: 0.002, kappa: 0 };
const MEMORY_BOUND = { sigma: 0.15, kappa: 0.002 };

export const LOADS = [
  { name: 'computes 10 ms', draw: computing(10), law: FREE },
  { name: 'waits 50 ms', draw: waiting(50), law: FREE },
  { name: 'blocks 10 ms', draw: blocking(10), law: FREE },
  { name: 'half computes 10 ms, half waits 50 ms', draw: mix(computing(10), waiting(50)), law: FREE, isMixed: true },
  { name: '1 ms, one in fifty 200 ms', draw: rarely(0.02, computing(200), computing(1)), law: FREE, isMixed: true },
  { name: 'heavy tail (Pareto 1.5)', draw: pareto(3), law: FREE, isMixed: true },
  { name: 'bound by memory', draw: computing(10), law: MEMORY_BOUND },
  { name: 'computes 100 ms', draw: computing(100), law: FREE },
];
