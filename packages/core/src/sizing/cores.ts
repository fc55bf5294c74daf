import { join } from 'node:path';
import { availableParallelism } from '../base/parent-natives.js';
import { readText } from '../base/read-file.js';
import { controlGroups } from './control-groups.js';

/**
 * Number of cores that this process may use, as a fraction. It is the smaller of its CPU affinity and the strictest CPU quota
 * of its control groups. `os.availableParallelism()` ignores quotas before Node 22.12, and floors them after.
 * @param root where the file system begins; tests give a recorded tree
 */
export function usableCores(root = '/'): number {
  return Math.min(availableParallelism(), cpuQuota(root));
}

/** The strictest CPU quota of this process's control group and all above it, in cores; Infinity without one. */
export function cpuQuota(root: string): number {
  let strictest = Infinity;
  for (const { version, folders } of controlGroups(root, 'cpu')) {
    for (const folder of folders) strictest = Math.min(strictest, version === 2 ? quotaV2(folder) : quotaV1(folder));
  }
  return strictest;
}

function quotaV2(folder: string): number {
  const [quota, period] = (readText(join(folder, 'cpu.max')) ?? '').trim().split(' ').map(Number);
  return ratio(quota, period);
}

function quotaV1(folder: string): number {
  return ratio(Number(readText(join(folder, 'cpu.cfs_quota_us'))), Number(readText(join(folder, 'cpu.cfs_period_us'))));
}

/** "max" and −1 mean no quota; so does anything unreadable. */
function ratio(quota: number | undefined, period: number | undefined): number {
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : Infinity;
}
