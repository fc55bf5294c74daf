import { Pool } from '@millpond/core';
import { Profiler } from '@millpond/profiler';
import { expect, it } from 'vitest';

const MODULE = new URL('./fixtures/timed-sections.mjs', import.meta.url);
const BYTES = 1_000_000;

const VALUES: readonly [name: string, make: () => unknown][] = [
  ['a text', () => 'x'.repeat(BYTES)],
  ['a Buffer', () => Buffer.alloc(BYTES, 1)],
  ['a typed array', () => new Float64Array(BYTES / 8)],
  ['memory in an object', () => ({ name: 'page', pixels: new Uint8Array(BYTES) })],
  ['small objects', () => Array.from({ length: BYTES / 100 }, (_, id) => ({ id, text: 'y'.repeat(90) }))],
];

it.each((['process', 'thread'] as const).flatMap((kind) => VALUES.map(([name, make]) => [name, kind, make] as const)))(
  'the bytes of %s are those of its way in and out of a %s',
  async (_, kind, make) => {
    await using pool = new Pool(MODULE, { kind, workers: 1 });
    const profiler = new Profiler().attach(pool);
    await pool.run('echo', make());
    if (kind === 'thread') {
      const moved = new Uint8Array(BYTES);
      await pool.run('echo', moved, { transfer: [moved.buffer] });
    }
    const [task] = (await profiler.stop()).data.pools[0]!.byTask;
    for (const { mean } of [task!.bytesIn, task!.bytesOut]) {
      expect(mean).toBeGreaterThan(0.9 * BYTES);
      expect(mean).toBeLessThan(1.1 * BYTES);
    }
  },
);
