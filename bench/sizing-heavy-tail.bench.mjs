// How near to the best fixed numbers does the pool size itself where times of work have a heavy tail?
import { sizingBenchmark } from './sizing-benchmark.mjs';

const LEAST = 3e6;
const MOST = 1e9;
/** The same for every contestant: a Pareto distribution with shape 1.5, in an order that is not sorted. */
const SIZES = Array.from({ length: 1009 }, (_, i) => {
  const rank = ((i * 619) % 1009) / 1009;
  return Math.min(LEAST / (1 - rank) ** (1 / 1.5), MOST);
});

export default sizingBenchmark({
  question: 'How well does the pool size itself where times of work have a heavy tail?',
  what: 'Tasks compute for at least 3 ms, by a Pareto distribution with shape 1.5. The mean is three times that. One in a thousand takes a hundred times as long.',
  draw: (i) => ['compute', SIZES[i % SIZES.length]],
  workers: [0.5, 1, 1.5, 2],
  concurrency: [1, 16],
  share: 0.9,
});
