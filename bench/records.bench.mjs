// How many records of 120 bytes a second go through 2 workers and back?
import { valueBenchmark } from './value-benchmark.mjs';
import { RECORDS } from './values.mjs';

export default valueBenchmark({
  question: 'How many records of 120 bytes a second go through 2 workers and back?',
  values: RECORDS,
  atLeast: 3.5,
  atLeastIdempotent: 4,
});
