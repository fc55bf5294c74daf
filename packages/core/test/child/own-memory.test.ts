import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

const MIB = 1024 * 1024;
const MODULE = new URL('../../dist/child/own-memory.js', import.meta.url).href;
const PRINTS = `import(${JSON.stringify(MODULE)}).then((own) => console.log(own.heapLimitBytes() / ${MIB}, own.ownBytes() / ${MIB}))`;

function inProcess(flags: readonly string[], nodeOptions = ''): number[] {
  const env = { ...process.env, NODE_OPTIONS: nodeOptions };
  const { stdout } = spawnSync(process.execPath, [...flags, '--eval', PRINTS], { env, encoding: 'utf8' });
  return stdout.split(' ').map(Number);
}

describe('the limit of a heap', () => {
  it.each([
    [['--max-old-space-size=200'], '', 200],
    [['--max_old_space_size=200'], '', 200],
    [[], '--max-old-space-size=300', 300],
    [['--max-old-space-size=200'], '--max-old-space-size=300', 200],
    [['--max-old-space-size=100', '--max-old-space-size=200'], '', 200],
  ])('of a process with %j and NODE_OPTIONS "%s" is %d MiB', (flags, nodeOptions, limit) => {
    expect(inProcess(flags, nodeOptions)[0]).toBe(limit);
  });

  it("is V8's own without a flag", () => {
    expect(inProcess([])[0]).toBeGreaterThan(200);
  });

  it('of a thread is that of its resourceLimits', async () => {
    const code = `import(${JSON.stringify(MODULE)}).then((own) => require('worker_threads').parentPort.postMessage(own.heapLimitBytes()))`;
    const thread = new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 70 } });
    const [limit] = (await once(thread, 'message')) as [number];
    expect(limit).toBe(70 * MIB);
  });
});

describe('what V8 works with', () => {
  // Two megabytes at a time, some hundred in all: what lives for a while makes the young generation grow.
  const BUSY = 'const last = []; for (let n = 0; n < 3e6; n++) last[n % 40000] = [n, n, n];';
  const TELLS = `const own = await import(${JSON.stringify(MODULE)}); const before = own.scratchMemory(); const rss = own.ownBytes(); ${BUSY} const after = own.scratchMemory();`;
  const NUMBERS = '[before.scratchBytes, after.scratchBytes, after.youngUsedBytes, rss, own.ownBytes()]';

  it.each([
    ['process', `(async () => { ${TELLS} console.log(JSON.stringify(${NUMBERS})); })();`],
    [
      'thread',
      `if (require('worker_threads').isMainThread) new (require('worker_threads').Worker)(__filename);
       else (async () => { ${TELLS} console.log(JSON.stringify(${NUMBERS})); })();`,
    ],
  ])('grows with the garbage a %s makes, and is most of what it grows by', (_kind, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'millpond-'));
    try {
      writeFileSync(join(folder, 'busy.cjs'), code);
      const { stdout } = spawnSync(process.execPath, [join(folder, 'busy.cjs')], { encoding: 'utf8' });
      const [before, after, young, rss, rssAfter] = (JSON.parse(stdout) as number[]).map((bytes) => bytes / MIB) as [
        number,
        number,
        number,
        number,
        number,
      ];
      expect(before).toBeGreaterThan(0);
      expect(after - before).toBeGreaterThan(4);
      expect(young).toBeLessThanOrEqual(after);
      expect(rssAfter - rss).toBeLessThan((after - before) * 1.5);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('memory of its own', () => {
  it('of a process is what it has resident', () => {
    const [, own = 0] = inProcess([]);
    expect(own).toBeGreaterThan(20);
    expect(own).toBeLessThan(300);
  });

  it('of a thread is its heap and its buffers, whatever its process has', async () => {
    const here = Buffer.alloc(100 * MIB, 1);
    const code = `import(${JSON.stringify(MODULE)}).then((own) => { const before = own.ownBytes(); const kept = Buffer.alloc(${50 * MIB}); require('worker_threads').parentPort.postMessage([before, own.ownBytes() - before, kept.length]); })`;
    const [[before, grown]] = (await once(new Worker(code, { eval: true }), 'message')) as [[number, number]];
    expect(before).toBeLessThan(here.length / 2);
    expect(grown).toBeGreaterThanOrEqual(50 * MIB);
    expect(grown).toBeLessThan(60 * MIB);
  });
});
