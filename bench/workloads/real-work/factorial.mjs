// The task of poolifier's public benchmark.
import { factorial } from '../tasks.mjs';

export function inputs(count) {
  return Array.from({ length: count }, () => ({ taskSize: 1000 }));
}

export function work(input) {
  return factorial(input);
}
