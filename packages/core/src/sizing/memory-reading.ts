import { freemem, totalmem } from '../base/parent-natives.js';
import { join } from 'node:path';
import { process } from '../base/natives.js';
import { readText } from '../base/read-file.js';
import { controlGroups, type ControlGroup } from './control-groups.js';

/** How much memory there is, and how much of it is in use. */
export interface MemoryReading {
  /** Where it is scarcest: there the share in use is the largest. */
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Who sets that limit. */
  readonly source: 'machine' | 'control group' | 'option';
  /** The smallest limit of all, whatever is in use of it; what a new worker's share is taken of. */
  readonly smallestLimitBytes: number;
  /** Pressure stall information, in per cent of the last ten seconds; undefined where the kernel does not tell. */
  readonly stall: { readonly some: number; readonly full: number } | undefined;
}

interface Account {
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly source: MemoryReading['source'];
}

/** What a pool and its program use, and the limit that an option sets to that. */
export interface OwnMemory {
  readonly usedBytes: number;
  readonly limitBytes: number | undefined;
}

/** What Node tells of a machine without /proc/meminfo. */
export interface MachineMemory {
  readonly totalBytes: number;
  /** Undefined where what it tells cannot be relied on. */
  readonly availableBytes: number | undefined;
}

const UNLIMITED = 2 ** 53;

/**
 * Reads the memory of the machine and of every control group above this process. What the kernel can drop at once is not
 * in use: the file cache that was not touched for a while (inactive_file), as kubelet counts its working set.
 * @param root where the file system begins; tests give a recorded tree
 * @param own what this pool's processes use; counts where an option limits it, or the machine does not tell what is available
 * @param elsewhere what there is on a machine without /proc/meminfo
 */
export function readMemory(root = '/', own?: OwnMemory, elsewhere = askNode): MemoryReading | undefined {
  const machine = machineAccount(root) ?? accountElsewhere(elsewhere(), own);
  const groups = controlGroups(root, 'memory');
  const accounts = [
    ...(machine === undefined ? [] : [machine]),
    ...groups.flatMap((group) => groupAccounts(group, machine?.limitBytes ?? UNLIMITED)),
    ...(own?.limitBytes === undefined
      ? []
      : [{ usedBytes: own.usedBytes, limitBytes: own.limitBytes, source: 'option' as const }]),
  ];
  const scarcest = accounts.reduce<Account | undefined>(
    (found, account) => (found === undefined || shareOf(account) > shareOf(found) ? account : found),
    undefined,
  );
  if (scarcest === undefined) return undefined;
  const smallestLimitBytes = Math.min(...accounts.map(({ limitBytes }) => limitBytes));
  return { ...scarcest, smallestLimitBytes, stall: readStall(root, groups) };
}

function shareOf({ usedBytes, limitBytes }: Account): number {
  return usedBytes / limitBytes;
}

function machineAccount(root: string): Account | undefined {
  const text = readText(join(root, 'proc/meminfo')) ?? '';
  const bytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
  const limitBytes = bytes('MemTotal');
  const usedBytes = limitBytes - bytes('MemAvailable');
  return Number.isFinite(usedBytes) ? { usedBytes, limitBytes, source: 'machine' } : undefined;
}

/**
 * Windows counts what it can drop at once as free. Other systems do not, so that next to nothing is free of a macOS machine at
 * any time: what is known to be in use there is what the program itself uses.
 */
function askNode(): MachineMemory {
  return { totalBytes: totalmem(), availableBytes: process.platform === 'win32' ? freemem() : undefined };
}

function accountElsewhere(
  { totalBytes, availableBytes }: MachineMemory,
  own: OwnMemory | undefined,
): Account | undefined {
  const usedBytes = availableBytes === undefined ? own?.usedBytes : totalBytes - availableBytes;
  return usedBytes === undefined ? undefined : { usedBytes, limitBytes: totalBytes, source: 'machine' };
}

function groupAccounts({ version, folders }: ControlGroup, machineBytes: number): Account[] {
  const accounts: Account[] = [];
  for (const folder of folders) {
    const read = (name: string): string => (readText(join(folder, name)) ?? '').trim();
    const limitBytes =
      version === 2
        ? Math.min(limitOf(read('memory.max')), limitOf(read('memory.high')))
        : limitOf(read('memory.limit_in_bytes'));
    if (limitBytes >= Math.min(UNLIMITED, machineBytes)) continue;
    const current = Number(read(version === 2 ? 'memory.current' : 'memory.usage_in_bytes') || NaN);
    if (Number.isNaN(current)) continue;
    const cacheKey = version === 2 ? 'inactive_file' : 'total_inactive_file';
    const cache = Number(new RegExp(`^${cacheKey} (\\d+)$`, 'm').exec(read('memory.stat'))?.[1] ?? 0);
    accounts.push({ usedBytes: Math.max(0, current - cache), limitBytes, source: 'control group' });
  }
  return accounts;
}

/** "max", nothing, and the huge number of version 1 are no limit. */
function limitOf(text: string): number {
  const bytes = text === '' || text === 'max' ? Infinity : Number(text);
  return bytes > 0 && bytes < UNLIMITED ? bytes : Infinity;
}

/** Of the nearest group that tells, else of the machine. */
function readStall(root: string, groups: readonly ControlGroup[]): MemoryReading['stall'] {
  const files = groups.flatMap(({ folders }) => folders.map((folder) => join(folder, 'memory.pressure')));
  for (const file of [...files, join(root, 'proc/pressure/memory')]) {
    const text = readText(file);
    if (text === undefined) continue;
    const average = (kind: string): number => Number(new RegExp(`^${kind} avg10=([\\d.]+)`, 'm').exec(text)?.[1] ?? 0);
    return { some: average('some'), full: average('full') };
  }
  return undefined;
}
