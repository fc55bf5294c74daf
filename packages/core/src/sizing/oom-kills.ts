import { join } from 'node:path';
import { readText } from '../base/read-file.js';
import { controlGroups } from './control-groups.js';

/**
 * Number of processes in this process's control group that the kernel killed for lack of memory. Undefined where it is not
 * counted. It goes up by one with each kill, so a death between two different readings was one.
 * @param root where the file system begins; tests give a recorded tree
 */
export function oomKills(root = '/'): number | undefined {
  for (const { version, folders } of controlGroups(root, 'memory')) {
    // Version 1 may show a container its own group only at the top.
    const counting = version === 2 ? folders.slice(0, 1) : [folders[0], folders.at(-1)];
    for (const folder of counting) {
      if (folder === undefined) continue;
      const text = readText(join(folder, version === 2 ? 'memory.events' : 'memory.oom_control'));
      const count = /^oom_kill (\d+)$/m.exec(text ?? '')?.[1];
      if (count !== undefined) return Number(count);
    }
  }
  return undefined;
}
