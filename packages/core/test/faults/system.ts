import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** The variable that every process a test starts inherits, with a value of that test's own. */
export const MARK = 'MILLPOND_FAULT_MARK';

const LOOK_EVERY_MS = 10;
const LEAKS_MODULE_FILES = Number(process.versions.node.split('.')[0]) < 26;
const MODULE_FILE = /\.m?js$/;

/** Looks until the condition holds. Fails, with what `shown` says, when it has not within the time. */
export async function until(
  what: string,
  condition: () => boolean,
  { withinMs = 10_000, shown = () => '' }: { withinMs?: number; shown?: () => string } = {},
): Promise<void> {
  const limit = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`Not within ${withinMs} ms: ${what}. ${shown()}`);
    await wait(LOOK_EVERY_MS);
  }
}

/** Live processes with this value of MARK in their environment. Zombies have none left. */
export function marked(mark: string): number[] {
  const needle = `${MARK}=${mark}`;
  return pids().filter((pid) => pid !== process.pid && textOf(`/proc/${pid}/environ`).includes(needle) && isAlive(pid));
}

/** Whether a process exists and is no zombie. `kill -0` would call a zombie alive. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== '' && state !== 'Z' && state !== 'X';
}

/** The state letter of a process, empty when there is none. */
function stateOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

/** Where the kernel keeps control groups, and the files that limit their memory and their memory with swap. */
const GROUPS = [
  { root: '/sys/fs/cgroup', limits: ['memory.max'], noSwap: ['memory.swap.max', '0'] as const },
  {
    root: '/sys/fs/cgroup/memory',
    limits: ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'],
    noSwap: undefined,
  },
];

/** Makes a control group with this much memory, for who writes its pid to `cgroup.procs`; undefined where it may not. */
export function memoryGroup(name: string, bytes: number): string | undefined {
  for (const { root, limits, noSwap } of GROUPS) {
    const folder = join(root, name);
    try {
      mkdirSync(folder);
    } catch {
      continue; // not there, or not ours to write
    }
    const files = limits.map((file) => join(folder, file)).filter((file) => existsSync(file));
    try {
      if (files.length === 0) throw new Error('memory is not limited here');
      for (const file of files) writeFileSync(file, String(bytes));
      if (noSwap !== undefined && existsSync(join(folder, noSwap[0])))
        writeFileSync(join(folder, noSwap[0]), noSwap[1]);
      return folder;
    } catch {
      rmdirSync(folder);
    }
  }
  return undefined;
}

/** Removes a control group as soon as no process is left in it. */
export async function removeGroup(folder: string): Promise<void> {
  await until(`${folder} is empty`, () => {
    try {
      rmdirSync(folder);
      return true;
    } catch {
      return false;
    }
  });
}

/** What this process holds open. */
export interface Holdings {
  fds: string[];
  threads: number;
  handles: Map<string, number>;
  listeners: Map<string, number>;
}

export function holdings(): Holdings {
  return {
    fds: openFiles(),
    threads: readdirSync('/proc/self/task').length,
    handles: counts(process.getActiveResourcesInfo()),
    listeners: new Map(
      [process, process.stdout, process.stderr].flatMap((emitter, index) =>
        emitter.eventNames().map((name) => [`${index}:${String(name)}`, emitter.listenerCount(name)] as const),
      ),
    ),
  };
}

/** What there is more of now than before, in words; empty when there is nothing. @param leftByNode handles that do not count */
export function surplus(before: Holdings, now: Holdings, leftByNode: ReadonlySet<string>): string {
  const more: string[] = [];
  // Node 20 never closes the module file that a thread was reading when it was terminated; 26 does.
  const [filesBefore, files] = [before, now].map(({ fds }) =>
    fds.filter((fd) => !(LEAKS_MODULE_FILES && MODULE_FILE.test(fd))),
  ) as [string[], string[]];
  if (files.length > filesBefore.length) {
    more.push(`open files ${files.filter((fd) => !filesBefore.includes(fd)).join(', ')}`);
  }
  if (now.threads > before.threads) more.push(`${now.threads - before.threads} threads`);
  for (const what of ['handles', 'listeners'] as const) {
    for (const [name, count] of now[what]) {
      const least = before[what].get(name) ?? 0;
      if (count > least && !leftByNode.has(name)) more.push(`${count - least} ${what} of ${name}`);
    }
  }
  return more.join('; ');
}

function openFiles(): string[] {
  const open: string[] = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      open.push(`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`);
    } catch {
      // The one that listed the folder.
    }
  }
  return open;
}

function counts(names: readonly string[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const name of names) result.set(name, (result.get(name) ?? 0) + 1);
  return result;
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Gone, or of another owner.
    return '';
  }
}
