// How near to the best fixed numbers does the pool size itself where tasks block their worker?
import { sizingBenchmark } from './sizing-benchmark.mjs';

const INPUT = { ms: 10, computeNs: 500e3 };

export default sizingBenchmark({
  question: 'How well does the pool size itself where tasks block their worker for 10 ms?',
  what: 'Every task blocks its worker for 10 ms, as readFileSync and execSync do, and computes for some 0.5 ms.',
  draw: () => ['block', INPUT],
  workers: [1, 2, 4, 8],
  concurrency: [1, 16],
});
