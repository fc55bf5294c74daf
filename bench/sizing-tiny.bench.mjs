// How near to the best fixed numbers does the pool size itself where tiny tasks are limited by the parent?
import { sizingBenchmark } from './sizing-benchmark.mjs';

export default sizingBenchmark({
  question: 'How well does the pool size itself where tasks do next to nothing?',
  what: 'Every task returns its input.',
  draw: (i) => ['identity', i],
  workers: [0.5, 1, 2],
  concurrency: [1, 16, 64],
});
