import { channel } from 'node:diagnostics_channel';
import { CHANNELS, type Pool, type SectionDelta, type SectionsMessage } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

interface Heard {
  /** By task and path. */
  sections: Record<string, SectionDelta>;
  unbalanced: number;
  examples: string[];
  badCounts: number;
}

/** What workers say of their sections while `body` runs and until the pool has closed. */
async function heardOf(pool: Pool, body: () => Promise<void>): Promise<Heard> {
  const heard: Heard = { sections: {}, unbalanced: 0, examples: [], badCounts: 0 };
  const listen = (message: unknown): void => {
    const { pool: from, sections, mistakes } = message as SectionsMessage;
    if (from !== pool) return;
    for (const delta of sections) {
      const key = [delta.task, ...delta.path].join('/');
      const known = heard.sections[key];
      heard.sections[key] = known === undefined ? delta : added(known, delta);
    }
    if (mistakes === undefined) return;
    heard.unbalanced += mistakes.unbalanced;
    heard.badCounts += mistakes.badCounts;
    heard.examples.push(mistakes.example);
  };
  channel(CHANNELS.sections).subscribe(listen);
  try {
    await body();
    await pool.close();
  } finally {
    channel(CHANNELS.sections).unsubscribe(listen);
  }
  return heard;
}

function added(a: SectionDelta, b: SectionDelta): SectionDelta {
  const counters: Record<string, number> = { ...a.counters };
  for (const [name, n] of Object.entries(b.counters ?? {})) counters[name] = (counters[name] ?? 0) + n;
  return {
    ...a,
    count: a.count + b.count,
    totalMs: a.totalMs + b.totalMs,
    errors: a.errors + b.errors,
    openMs: a.openMs + b.openMs,
    peak: Math.max(a.peak, b.peak),
    counters,
  };
}

describe.each(KINDS)('sections that handlers begin by hand, in a pool of kind %s,', (kind) => {
  it('nest, count, and give their time', async () => {
    await withPool('hand-sections.mjs', { kind, workers: 1 }, async (pool) => {
      const { sections, unbalanced } = await heardOf(pool, async () => {
        for (let n = 0; n < 10; n++) expect(await pool.run('load', 5)).toBe(true);
      });
      const found = Object.entries(sections).map(([key, { count, counters }]) => [key, count, counters]);
      expect(Object.fromEntries(found.map(([key, ...rest]) => [key, rest]))).toEqual({
        load: [0, { done: 10 }],
        'load/load': [10, { rows: 100 }],
        'load/load/read': [10, {}],
        'load/load/read/parse': [10, { lines: 10 }],
      });
      expect(unbalanced).toBe(0);
    });
  });

  it('are refused a second end, with what is open', async () => {
    await withPool('hand-sections.mjs', { kind, workers: 1 }, async (pool) => {
      const { sections, unbalanced } = await heardOf(pool, async () => {
        const error = (await failure(pool.run('endTwice'))) as Error;
        expect(error).toMatchObject({ code: 'ERR_SECTION' });
        expect(error.message).toMatch(
          'Section "parse" has ended already. Call end() once per open(); open now: "other".',
        );
      });
      // The task failed, so its open section failed with it.
      expect([sections['endTwice/other']?.errors, unbalanced]).toEqual([1, 0]);
    });
  });

  it('are closed with their task, and a late end by another task is none', async () => {
    await withPool('hand-sections.mjs', { kind, workers: 1 }, async (pool) => {
      const heard = await heardOf(pool, async () => {
        expect(await pool.run('leave')).toBe('undefined');
        expect(await pool.run('leave')).toBe('number');
      });
      expect(heard).toMatchObject({ unbalanced: 2, badCounts: 2 });
      expect(heard.examples[0]).toBe('left');
      expect(heard.sections['leave/left']?.count).toBe(2);
    });
  });

  it('have the errors of calls that failed', async () => {
    await withPool('hand-sections.mjs', { kind, workers: 1 }, async (pool) => {
      const { sections, unbalanced } = await heardOf(pool, async () => {
        for (let n = 0; n < 3; n++) expect(await failure(pool.run('failInside'))).toMatchObject({ message: 'no' });
      });
      expect(sections['failInside/around']).toMatchObject({ count: 3, errors: 3 });
      expect(sections['failInside/around/fails']).toMatchObject({ count: 3, errors: 3 });
      expect(unbalanced).toBe(0);
    });
  });

  it('know how many of them were open at once', async () => {
    await withPool('hand-sections.mjs', { kind, workers: 1, concurrency: 4 }, async (pool) => {
      await pool.ready();
      const begin = performance.now();
      const { sections } = await heardOf(pool, async () => {
        await Promise.all([4, 4, 4, 4].map((size) => pool.run('meet', size)));
      });
      const wallMs = performance.now() - begin;
      const { count, peak, openMs = NaN, totalMs = NaN } = sections['meet/meeting'] ?? {};
      expect([count, peak]).toEqual([4, 4]);
      expect(openMs).toBeLessThanOrEqual(Math.min(wallMs, totalMs));
      expect(openMs).toBeGreaterThanOrEqual(totalMs / 4);
    });
  });

  it('belong to the call, where a handler takes several inputs', async () => {
    await withPool('hand-sections.mjs', { kind, workers: 1 }, async (pool) => {
      const heard = await heardOf(pool, async () => {
        expect(await Promise.all([1, 2, 3].map((row) => pool.run('insert', row)))).toEqual([1, 2, 3]);
      });
      expect(heard).toMatchObject({ unbalanced: 1, examples: ['statement'] });
      expect(heard.sections['insert/statement']).toMatchObject({ count: 1, counters: { inserted: 3 } });
      expect(heard.sections['insert/statement/first']?.count).toBe(1);
    });
  });
});
