import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

/** The warnings of ours while `body` runs. */
async function warningsOf(body: () => Promise<void>): Promise<(Error & { code?: string })[]> {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => {
    if (warning.name === 'MillpondWarning') warnings.push(warning);
  };
  process.on('warning', hear);
  try {
    await body();
    // Warnings come in the next tick.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', hear);
  }
  return warnings;
}

describe.each(KINDS)('settings of a task that the worker module does not export, kind %s,', (kind) => {
  it('give one warning, which names the nearest, and the pool works', async () => {
    const tasks = { ehco: { timeoutMs: 5 }, later: {}, other: {} };
    const warnings = await warningsOf(() =>
      withPool('echo.mjs', { kind, workers: 2, tasks }, async (pool) => {
        await pool.ready();
        expect(await pool.run('echo', 1)).toBe(1);
      }),
    );
    expect(warnings).toMatchObject([{ code: 'MILLPOND_UNKNOWN_TASK' }]);
    expect(warnings[0]?.message).toMatch(
      /^Pool "echo": .* "ehco" \(did you mean "echo"\?\), "other", which .* It exports: /,
    );
  });

  it('give none when all are there', async () => {
    const warnings = await warningsOf(() =>
      withPool('echo.mjs', { kind, workers: 1, tasks: { echo: { timeoutMs: 5000 } } }, async (pool) => {
        expect(await pool.run('echo', 1)).toBe(1);
      }),
    );
    expect(warnings).toEqual([]);
  });
});

describe.each(KINDS)('a warm-up of a task that the worker module does not export, kind %s,', (kind) => {
  it('fails the start, and names the nearest', async () => {
    await withPool('echo.mjs', { kind, workers: 1, warmup: { tasks: [{ name: 'ehco' }] } }, async (pool) => {
      expect((await failure(pool.ready())).message).toMatch(/warmup\.tasks names "ehco".* Did you mean "echo"\?/);
    });
  });
});

describe.each(KINDS)('a deadline, kind %s,', (kind) => {
  it('that was meant as a length of time fails with what to give instead', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const error = await failure(pool.run('echo', 1, { deadline: 5000 }));
      expect(error).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT', details: { deadline: 5000 } });
      expect(error.message).toMatch(/is an instant \(5000 ms since the epoch\), and it had passed \d+ ms ago/);
      expect(error.message).toMatch(/Give Date\.now\(\) \+ n, or timeoutMs/);
    });
  });
});

describe.each(KINDS)('a broadcast of a handler without an input, kind %s,', (kind) => {
  it('needs none', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.broadcast('echo')).toEqual([undefined]);
    });
  });
});
