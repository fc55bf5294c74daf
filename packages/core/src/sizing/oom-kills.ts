import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How many processes the kernel has killed for want of memory in this process's control group, or undefined where that
 * is not counted. Goes up by one with each kill, so a death between two readings that differ was one.
 * @param root where the file system begins; tests give a recorded tree
 */
export function oomKills(root = '/'): number | undefined {
  const groups = read(join(root, 'proc/self/cgroup'));
  if (groups === undefined) return undefined;
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const files =
      controllers === ''
        ? [join(root, 'sys/fs/cgroup', path, 'memory.events')]
        : controllers.split(',').includes('memory')
          ? [
              join(root, 'sys/fs/cgroup/memory', path, 'memory.oom_control'),
              join(root, 'sys/fs/cgroup/memory/memory.oom_control'),
            ]
          : [];
    for (const file of files) {
      const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
      if (count !== undefined) return Number(count);
    }
  }
  return undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not this kind of control group, or not Linux.
    return undefined;
  }
}
