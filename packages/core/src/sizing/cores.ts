import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * How many cores this process may use: the smaller of its CPU affinity and the strictest CPU quota of its control
 * groups, as a fraction. os.availableParallelism() ignores quotas before Node 22.12, and floors them after.
 * @param root where the file system begins; tests give a recorded tree
 */
export function usableCores(root = '/'): number {
  return Math.min(availableParallelism(), cpuQuota(root));
}

/** The strictest CPU quota of this process's control group and all above it, in cores; Infinity without one. */
export function cpuQuota(root: string): number {
  const groups = read(join(root, 'proc/self/cgroup')) ?? '';
  let strictest = Infinity;
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === '') strictest = Math.min(strictest, quotaUpwards(join(root, 'sys/fs/cgroup'), path, quotaV2));
    else if (controllers.split(',').includes('cpu')) {
      for (const mount of [`sys/fs/cgroup/${controllers}`, 'sys/fs/cgroup/cpu', 'sys/fs/cgroup/cpu,cpuacct']) {
        strictest = Math.min(strictest, quotaUpwards(join(root, mount), path, quotaV1));
      }
    }
  }
  return strictest;
}

function quotaUpwards(mount: string, path: string, quotaOf: (folder: string) => number): number {
  let strictest = Infinity;
  for (let group = path; ; group = dirname(group)) {
    strictest = Math.min(strictest, quotaOf(join(mount, group)));
    if (group === '/' || group === '.') return strictest;
  }
}

function quotaV2(folder: string): number {
  const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').trim().split(' ').map(Number);
  return ratio(quota, period);
}

function quotaV1(folder: string): number {
  return ratio(Number(read(join(folder, 'cpu.cfs_quota_us'))), Number(read(join(folder, 'cpu.cfs_period_us'))));
}

/** "max" and −1 mean no quota; so does anything unreadable. */
function ratio(quota: number | undefined, period: number | undefined): number {
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : Infinity;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not this kind of control group, or not Linux.
    return undefined;
  }
}
