import { join } from 'node:path';
import { readText } from '../base/read-file.js';
import { controlGroups } from './control-groups.js';

/** Periods of a CPU quota so far, and the number of them that used it up. */
export interface QuotaPeriods {
  readonly periods: number;
  readonly throttled: number;
}

/** Periods of the nearest control group with a CPU quota; undefined without one. @param root where the file system begins */
export function readThrottling(root = '/'): QuotaPeriods | undefined {
  for (const { folders } of controlGroups(root, 'cpu')) {
    for (const folder of folders) {
      const text = readText(join(folder, 'cpu.stat')) ?? '';
      const count = (key: string): number => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      const periods = count('nr_periods');
      if (periods > 0) return { periods, throttled: count('nr_throttled') };
    }
  }
  return undefined;
}

/** Share of the periods between two readings in which the quota was used up, 0 to 1. */
export function throttledShare(before: QuotaPeriods | undefined, now: QuotaPeriods | undefined): number {
  if (before === undefined || now === undefined || now.periods <= before.periods) return 0;
  return Math.min(1, Math.max(0, (now.throttled - before.throttled) / (now.periods - before.periods)));
}
