import type { MemoryLevel } from '../contract/events.js';
import type { MemoryReading } from './memory-reading.js';

/** How short memory is. Each level asks for more than the one before. */
const MEMORY_LEVELS: readonly MemoryLevel[] = ['normal', 'elevated', 'high', 'critical', 'emergency'];

/**
 * Share of the limit in use at which each level begins. Dask's workers spill from 70 % of their memory, pause from 80 %, and
 * end at 95 %. Ray kills a worker at 95 %. The level between stops nearly all work before that.
 */
const FROM = [0, 0.7, 0.8, 0.9, 0.95] as const;
/**
 * How far below its beginning a level ends: the least distance between two of them. With less, a level would come and go by
 * noise. With more, a level could go on below the beginning of the one before.
 */
const BACK = 0.05;
/**
 * Per cent of the last ten seconds in which some processes, or all of them, stalled for memory. A stall of all is a loss of
 * that much work. The default of systemd-oomd kills at 60 %. Here a stall only raises the level, so it may come sooner.
 */
const SOME_STALL = 10;
const FULL_STALL = 5;

/**
 * The level after one more reading. A stall raises it by one, since the kernel reclaims memory already, whatever the share in
 * use.
 */
export function nextLevel(current: MemoryLevel, { usedBytes, limitBytes, stall }: MemoryReading): MemoryLevel {
  const share = usedBytes / limitBytes;
  const reached = MEMORY_LEVELS.indexOf(current);
  let level = 0;
  for (let step = 1; step < FROM.length; step++) {
    const from = FROM[step] as number;
    if (share >= (step <= reached ? from - BACK : from)) level = step;
  }
  const isStalled = stall !== undefined && (stall.some > SOME_STALL || stall.full > FULL_STALL);
  // A stall by itself must not cause a kill.
  if (isStalled && level < MEMORY_LEVELS.length - 2) level++;
  return MEMORY_LEVELS[level] as MemoryLevel;
}

/** What a level permits. */
export interface MemoryRules {
  /** Most workers with tasks: all, half of them, or one. */
  readonly workingShare: 1 | 0.5 | 0;
  readonly mayGrow: boolean;
  /** Halves the number of workers, largest memory first, between their tasks. */
  readonly shrinks: boolean;
  /** Kills one worker, then waits for the next reading. */
  readonly kills: boolean;
}

const RULES: Record<MemoryLevel, MemoryRules> = {
  normal: { workingShare: 1, mayGrow: true, shrinks: false, kills: false },
  elevated: { workingShare: 1, mayGrow: false, shrinks: false, kills: false },
  high: { workingShare: 0.5, mayGrow: false, shrinks: true, kills: false },
  critical: { workingShare: 0, mayGrow: false, shrinks: true, kills: false },
  emergency: { workingShare: 0, mayGrow: false, shrinks: true, kills: true },
};

export function rulesOf(level: MemoryLevel): MemoryRules {
  return RULES[level];
}

/** Number of workers that may have tasks. At least one, because otherwise no task would end. */
export function mostWorking(level: MemoryLevel, workers: number): number {
  return Math.max(1, Math.ceil(workers * RULES[level].workingShare));
}

/** Number of further workers that memory has room for. Each counts as large as the largest so far, and a reserve stays free. */
export function roomForWorkers(
  reading: MemoryReading,
  workerBytes: number,
  reserveShare = 1 - (FROM[1] as number),
): number {
  const freeBytes = reading.limitBytes * (1 - reserveShare) - reading.usedBytes;
  return Math.max(0, Math.floor(freeBytes / Math.max(workerBytes, 1)));
}
