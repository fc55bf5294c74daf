import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PoolOptions } from '@millpond/core';
import { describe, expect } from 'vitest';
import { fault, type Lab } from './lab.js';
import { startParent } from './parent.js';
import { marked, memoryGroup, removeGroup } from './system.js';

const MIB = 2 ** 20;
const LIMIT_MIB = 512;
const TASK_MIB = 5;
const TASKS = 1000;
const ENDS_WITHIN_MS = 40_000;
const CAN_LIMIT_MEMORY = await canLimitMemory();
const SAME_PATH = 'the same path as 1 at once';
/** Under load both have been seen to happen, before the pool had a chance to see the thread grow. */
const NO_GROUP_FOR_THREADS = 'not promised: threads are one process, and the kernel ends it as a whole';
const NO_HEAP_FOR_THREADS = 'not promised: Node ends a thread the moment its heap is full, without a last collection';

async function canLimitMemory(): Promise<boolean> {
  const group = memoryGroup(`millpond-${randomUUID()}`, LIMIT_MIB * MIB);
  if (group !== undefined) await removeGroup(group);
  return group !== undefined;
}

interface Load {
  handler: string;
  bytes: number;
  tasks: number;
  options?: PoolOptions;
}

interface Seen {
  done: number;
  failed: number;
  error?: string;
  unexpected: object[];
  recycled: string[];
  reasons: string[];
  levels: string[];
  mostBytes: number;
  mostWorkers: number;
  counts: Record<string, number>;
  workers: number;
}

/** Runs the program, and says what it saw. */
async function runProgram(lab: Lab, load: Load & { group?: string }): Promise<Seen> {
  const program = startParent(lab, 'leave-much-memory.mjs', load);
  expect(await program.ended(ENDS_WITHIN_MS)).toBe(0);
  return JSON.parse(program.lines[0] ?? '{}') as Seen;
}

/** What a control group has counted. */
function accountOf(group: string): { mostBytes: number; kills: number; refused: number } {
  const read = (name: string): string => {
    const file = join(group, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const count = (name: string, key: string): number =>
    Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(read(name))?.[1] ?? 0);
  return {
    mostBytes: Number(read('memory.peak') || read('memory.max_usage_in_bytes')),
    kills: count('memory.events', 'oom_kill') + count('memory.oom_control', 'oom_kill'),
    refused: Number(read('memory.failcnt') || 0) + count('memory.events', 'max'),
  };
}

function expectAllDone(seen: Seen, tasks: number): void {
  expect(seen, seen.error).toMatchObject({ done: tasks, failed: 0, unexpected: [] });
  expect(seen.counts).toMatchObject({ completed: tasks, failed: 0, crashed: 0, retried: 0 });
}

const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

const LEAK = `${TASKS} tasks that leave ${TASK_MIB} MiB behind, each`;

describe('a program whose tasks leave memory behind', () => {
  fault(
    {
      row: '10c',
      fault: CAN_LIMIT_MEMORY
        ? `leak in a control group of ${LIMIT_MIB} MiB`
        : `leak under memory.limitBytes of ${LIMIT_MIB} MiB, where no control group can be made`,
      injected: `${LEAK}, outside the heap; no option about memory`,
      expected: 'all done, the kernel kills no process, the limit is not reached; workers are replaced meanwhile',
      not: { 4: SAME_PATH, thread: NO_GROUP_FOR_THREADS },
    },
    async (lab) => {
      const load = { handler: 'leaveBuffer', bytes: TASK_MIB * MIB, tasks: TASKS };
      const group = memoryGroup(`millpond-${lab.mark}`, LIMIT_MIB * MIB);
      if (group === undefined) {
        const seen = await runProgram(lab, { ...load, options: { memory: { limitBytes: LIMIT_MIB * MIB } } });
        expectAllDone(seen, TASKS);
        expect(seen.recycled.length).toBeGreaterThan(0);
        return `all done, ${seen.recycled.length} workers replaced`;
      }
      try {
        const seen = await runProgram(lab, { ...load, group });
        const { mostBytes, kills, refused } = accountOf(group);
        const account = `${mib(mostBytes)} at most, ${refused} allocations refused, ${kills} kills`;
        expectAllDone(seen, TASKS);
        expect(kills, account).toBe(0);
        expect(mostBytes, account).toBeLessThan(LIMIT_MIB * MIB);
        expect(seen.recycled.length).toBeGreaterThan(0);
        return `all done, ${seen.recycled.length} workers replaced; ${account}`;
      } finally {
        for (const pid of marked(lab.mark)) process.kill(pid, 'SIGKILL');
        await removeGroup(group);
      }
    },
  );

  for (const [row, handler, where] of [
    ['10d', 'leaveBuffer', 'outside the heap'],
    ['10e', 'leaveArray', 'in the heap'],
  ] as const) {
    fault(
      {
        row,
        fault: `leak ${where}, under memory.limitBytes`,
        injected: `${LEAK}, ${where}; limitBytes ${LIMIT_MIB} MiB`,
        expected: 'all done, no worker dies of it; workers are replaced meanwhile',
        not: { 4: SAME_PATH, ...(handler === 'leaveArray' ? { thread: NO_HEAP_FOR_THREADS } : {}) },
      },
      async (lab) => {
        const options = { memory: { limitBytes: LIMIT_MIB * MIB } };
        const seen = await runProgram(lab, { handler, bytes: TASK_MIB * MIB, tasks: TASKS, options });
        expectAllDone(seen, TASKS);
        expect(seen.recycled.length).toBeGreaterThan(0);
        // The sum over all processes, in which what they share counts several times, and one that ends until it has ended.
        return `all done, ${seen.recycled.length} workers replaced; RSS of all together ${mib(seen.mostBytes)} at most`;
      },
    );
  }

  fault(
    {
      row: '10f',
      fault: 'workers that all need much memory',
      injected: 'each holds 300 MiB from its first task on; up to 4 workers, limitBytes 1 GiB',
      expected: 'all done by fewer workers; no task fails',
      not: { 4: SAME_PATH },
    },
    async (lab) => {
      const options: PoolOptions = { workers: { max: 4 }, workload: 'io', memory: { limitBytes: 1024 * MIB } };
      const seen = await runProgram(lab, { handler: 'holdAndWait', bytes: 300 * MIB, tasks: 300, options });
      expect(seen, seen.error).toMatchObject({ done: 300, failed: 0 });
      expect(seen.workers).toBeLessThan(4);
      return `all done by ${seen.workers} workers in the end`;
    },
  );
});
