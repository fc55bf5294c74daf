// A task of fixed work, for the cost of a profiler.

/** Mixes the numbers below `count` into one. It allocates nothing. */
export function steps(count) {
  let mixed = 1;
  for (let i = 0; i < count; i++) mixed = Math.imul(mixed ^ i, 0x9e3779b1) ^ (mixed >>> 15);
  return mixed;
}
