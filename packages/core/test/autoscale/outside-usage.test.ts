import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { OutsideUsage, type ProcessUsage, type Watched } from '../../src/autoscale/outside-usage.js';

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

/** A worker that says nothing itself. @param told is called with what the system tells of it */
function silent(pid: number, told: (usage: ProcessUsage) => void = () => {}): Watched {
  const noteUsage = (usage: Partial<ProcessUsage>): void => told(usage as ProcessUsage);
  return { pid, isSilent: () => true, metrics: { systemThreadId: undefined, noteUsage } };
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
    const worker = silent(pid, (seen) => told.push(seen));
    const usage = new OutsideUsage('process', () => [worker]);
    while ((told.at(-1)?.cpuMs ?? 0) < 100) {
      usage.tick(0);
      await turn();
    }
    const times = told.map(({ cpuMs }) => cpuMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(told.at(-1)?.rssBytes).toBeGreaterThan(10 * MIB);
    expect(told.at(-1)?.rssBytes).toBeLessThan(500 * MIB);
  });

  it('is read for each of several, and not for one that has ended', async () => {
    const [first, second, ended] = await Promise.all([
      startChild('setInterval(() => {}, 1000)'),
      startChild('setInterval(() => {}, 1000)'),
      startChild(''),
    ]);
    await end(ended);
    const told = new Set<number>();
    const workers = [first, ended, second].map(({ pid }) => silent(pid, () => told.add(pid)));
    const usage = new OutsideUsage('process', () => workers);
    while (told.size < 2) {
      await usage.look(workers);
      await turn();
    }
    expect(told).toEqual(new Set([first.pid, second.pid]));
    await usage.look([silent(ended.pid, () => told.add(ended.pid))]);
    await usage.look([]);
    expect(told.size).toBe(2);
  });

  it.runIf(process.platform === 'linux')('leaves no file open', async () => {
    const { pid } = await startChild('setInterval(() => {}, 1000)');
    const worker = silent(pid);
    const usage = new OutsideUsage('process', () => [worker]);
    const before = readdirSync('/proc/self/fd').length;
    for (let look = 0; look < 100; look++) await usage.look([worker]);
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});
