// Streams of the benchmarks, without an end.

/** Records of 120 bytes as JSON, made in place. */
export async function* records() {
  for (let id = 0; ; id++)
    yield { id, name: `record ${id % 1000}`, tags: ['a', 'b'], score: id / 7, isActive: id % 2 === 0 };
}

/** Buffers of this size, each of its own memory. */
export async function* chunks(bytes) {
  for (let id = 0; ; id++) yield Buffer.alloc(bytes, id & 0xff);
}
