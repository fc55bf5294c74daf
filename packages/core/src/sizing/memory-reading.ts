import { join } from 'node:path';
import { process } from '../base/natives.js';
import { freemem, totalmem } from '../base/parent-natives.js';
import { readText } from '../base/read-file.js';
import { type ControlGroup, controlGroups } from './control-groups.js';

/** Memory limit and use. */
export interface MemoryReading {
  /** Use where memory is scarcest, that is, where the share in use is the largest. */
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** What sets that limit. */
  readonly source: 'machine' | 'control group' | 'option';
  /** The smallest limit of all, whatever its use. The share of a new worker is a part of it. */
  readonly smallestLimitBytes: number;
  /** Pressure stall information, in per cent of the last ten seconds; undefined where the kernel gives none. */
  readonly stall: { readonly some: number; readonly full: number } | undefined;
}

interface Account {
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly source: MemoryReading['source'];
}

/** What a pool and its program use, and the limit that an option sets for that. */
export interface OwnMemory {
  readonly usedBytes: number;
  readonly limitBytes: number | undefined;
}

/** What Node reports on a machine without /proc/meminfo. */
export interface MachineMemory {
  readonly totalBytes: number;
  /** Undefined where the reported value is unreliable. */
  readonly availableBytes: number | undefined;
}

const UNLIMITED = 2 ** 53;

/**
 * Reads the memory of the machine and of every control group above this process. Memory that the kernel can drop at once does
 * not count as in use. That is the file cache untouched for a while (inactive_file), as in kubelet's working set.
 * @param root where the file system begins; tests give a recorded tree
 * @param own what this pool's processes use; counts where an option limits it, or the machine does not report available
 * memory
 * @param elsewhere reads the memory of a machine without /proc/meminfo
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
 * Windows counts memory that it can drop at once as free. Other systems do not, so macOS hardly ever reports free memory.
 * There only the memory of the program itself counts as in use.
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

/** "max", an empty text, and the huge number of version 1 mean no limit. */
function limitOf(text: string): number {
  const bytes = text === '' || text === 'max' ? Infinity : Number(text);
  return bytes > 0 && bytes < UNLIMITED ? bytes : Infinity;
}

/** Stalls of the nearest group that reports them, otherwise of the machine. */
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
