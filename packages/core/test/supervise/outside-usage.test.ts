import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { OutsideUsage, type ProcessUsage } from '../../src/supervise/outside-usage.js';

const MIB = 1024 * 1024;
const children: ChildProcess[] = [];

/** A process that does this; it is gone after the test. */
async function startChild(code: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['--eval', code], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child as ChildProcess & { pid: number };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Lets other processes go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
});

describe('what the system tells of a process', () => {
  it('is its memory, and its processor time, though it says nothing itself', async () => {
    const { pid } = await startChild('for (;;);');
    const told: ProcessUsage[] = [];
    const usage = new OutsideUsage((_pid, seen) => told.push(seen));
    while ((told.at(-1)?.cpuMs ?? 0) < 100) {
      await usage.look([pid]);
      await turn();
    }
    const times = told.map(({ cpuMs }) => cpuMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(told.at(-1)?.rssBytes).toBeGreaterThan(10 * MIB);
    expect(told.at(-1)?.rssBytes).toBeLessThan(500 * MIB);
  });

  it('is told for each of several, and for one that has ended nothing', async () => {
    const [first, second, ended] = await Promise.all([
      startChild('setInterval(() => {}, 1000)'),
      startChild('setInterval(() => {}, 1000)'),
      startChild(''),
    ]);
    await end(ended);
    const told = new Set<number>();
    const usage = new OutsideUsage((pid) => told.add(pid));
    while (told.size < 2) {
      await usage.look([first.pid, ended.pid, second.pid]);
      await turn();
    }
    expect(told).toEqual(new Set([first.pid, second.pid]));
    await usage.look([ended.pid]);
    await usage.look([]);
    expect(told.size).toBe(2);
  });

  it.runIf(process.platform === 'linux')('leaves no file open', async () => {
    const { pid } = await startChild('setInterval(() => {}, 1000)');
    const usage = new OutsideUsage(() => {});
    const before = readdirSync('/proc/self/fd').length;
    for (let look = 0; look < 100; look++) await usage.look([pid]);
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});
