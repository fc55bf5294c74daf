import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { ownCpuMs, waitedForCoreMs } from '../../src/child/cpu-time.js';

/** Computes until it has used this processor time, ms. */
function compute(ms: number): void {
  const until = process.cpuUsage().user / 1000 + ms;
  while (process.cpuUsage().user / 1000 < until);
}

describe('the processor time of a worker process', () => {
  it('goes on while it computes', () => {
    const before = ownCpuMs() as number;
    compute(50);
    const took = (ownCpuMs() as number) - before;
    expect(took).toBeGreaterThanOrEqual(49);
  });

  it('stands still while its loop is blocked', () => {
    const before = ownCpuMs() as number;
    const began = hostNowMs();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    const took = (ownCpuMs() as number) - before;
    expect(hostNowMs() - began).toBeGreaterThan(399);
    // The collector's threads may do a little.
    expect(took).toBeLessThan(200);
  });
});

describe('the processor time of a worker thread', () => {
  it('is its own, not that of its process', async () => {
    // A module of its own, because a thread loads JavaScript only.
    const url = new URL('../../dist/child/cpu-time.js', import.meta.url).href;
    const code = `
      import(${JSON.stringify(url)}).then(({ ownCpuMs }) => {
        const { parentPort } = require('node:worker_threads');
        parentPort.on('message', () => parentPort.postMessage(ownCpuMs()));
        parentPort.postMessage(ownCpuMs());
      });`;
    const thread = new Worker(code, { eval: true, execArgv: [] });
    const next = (): Promise<number> => new Promise((resolve) => thread.once('message', resolve));
    const before = await next();
    compute(200);
    thread.postMessage('again');
    const took = (await next()) - before;
    await thread.terminate();
    expect(before).toBeGreaterThan(0);
    expect(took).toBeLessThan(100);
  });
});

describe('time without a core', () => {
  it('is a total that never goes down', () => {
    const before = waitedForCoreMs();
    compute(20);
    expect(before).toBeGreaterThanOrEqual(0);
    expect(waitedForCoreMs()).toBeGreaterThanOrEqual(before);
  });
});
