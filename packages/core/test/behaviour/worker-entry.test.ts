import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KINDS, withPool, WORKER_KINDS } from './pools.js';

const COPIES = ['whole', 'entry', 'whole, required', 'entry, required'];

describe('the entry for worker modules', () => {
  it.each(['worker.js', 'worker.cjs'])('%s is made of what a worker may know, and of none of the parent', (file) => {
    const { inputs } = JSON.parse(readFileSync(new URL('../../dist/.code.json', import.meta.url), 'utf8')) as {
      inputs: Record<string, string[]>;
    };
    const made = inputs[`dist/bundle/${file}`] ?? [];
    expect(made).toContain('packages/core/dist/contract/worker-module.js');
    expect(made.filter((path) => !/^packages\/core\/dist\/(base|contract)\/|^\0rolldown\/runtime/.test(path))).toEqual(
      [],
    );
    // The whole package is some twenty times as large.
    const bytes = readFileSync(new URL(`../../dist/bundle/${file}`, import.meta.url)).length;
    expect(bytes).toBeLessThan(20_000);
  });

  it.each(WORKER_KINDS)(
    'brings no module of Node into a worker that it does not have already, kind %s',
    async (kind) => {
      await withPool('loads-library.mjs', { kind, workers: 1 }, async (pool) => {
        expect(await pool.run('load', '@millpond/core/worker')).toEqual([]);
        expect(await pool.run('load', '@millpond/core')).not.toEqual([]);
      });
    },
  );
});

describe.each(KINDS)('copies of the library in one worker module, kind %s,', (kind) => {
  it.each(COPIES)('agree where %s defines the lifecycle', async (by) => {
    await withPool('uses-both-entries.mjs', { kind, workers: 1, workerData: { by } }, async (pool) => {
      const said = { inWorker: kind !== 'inline', workerData: { by } };
      expect(await pool.run('tell')).toEqual({
        data: `set up by ${by}`,
        copies: Object.fromEntries(COPIES.map((name) => [name, said])),
      });
    });
  });

  it('move what they mark', async () => {
    await withPool('uses-both-entries.mjs', { kind, workers: 1, workerData: { by: 'entry' } }, async (pool) => {
      for (const by of COPIES) {
        const bytes = (await pool.run('send', by)) as Uint8Array;
        expect([bytes.byteLength, bytes[0], bytes.at(-1)]).toEqual([16 * 2 ** 20, 7, 7]);
        expect(await pool.run('left')).toBe(kind === 'process' ? 16 * 2 ** 20 : 0);
      }
    });
  });
});
