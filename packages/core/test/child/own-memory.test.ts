import { spawnSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
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
