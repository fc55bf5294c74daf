// How many objects of 650 bytes a second go through 2 workers and back?
import { valueBenchmark } from './value-benchmark.mjs';
import { OBJECTS } from './values.mjs';

export default valueBenchmark({
  question: 'How many objects of 650 bytes a second go through 2 workers and back?',
  values: OBJECTS,
  atLeast: 2.7,
  atLeastIdempotent: 3,
});
