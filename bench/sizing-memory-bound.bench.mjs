// How near to the best fixed numbers does the pool size itself where tasks wait for memory?
import { sizingBenchmark } from './sizing-benchmark.mjs';

export default sizingBenchmark({
  question: 'How well does the pool size itself where tasks move memory?',
  what: 'Every task copies 32 MiB from one place to another.',
  draw: () => ['move', 1],
  workers: [0.5, 1, 1.5, 2],
  concurrency: [1],
});
