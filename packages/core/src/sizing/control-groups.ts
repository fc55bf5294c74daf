import { dirname, join } from 'node:path';
import { readText } from '../base/read-file.js';

/** A control group this process is in, with those above it. */
export interface ControlGroup {
  readonly version: 1 | 2;
  /** Its folder and those of all groups above it, nearest first. From inside a container some may not be visible. */
  readonly folders: readonly string[];
}

/**
 * The control groups of this process that count a controller's resource. Version 2 has one group for all controllers,
 * version 1 one for each; a machine may have both.
 * @param root where the file system begins; tests give a recorded tree
 */
export function controlGroups(root: string, controller: 'cpu' | 'memory'): ControlGroup[] {
  const groups: ControlGroup[] = [];
  for (const line of (readText(join(root, 'proc/self/cgroup')) ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === '') {
      groups.push({ version: 2, folders: upwards(join(root, 'sys/fs/cgroup'), path) });
    } else if (controllers.split(',').includes(controller)) {
      // Mounted under the name of all controllers that share it, or under its own.
      for (const name of new Set([controllers, controller, `${controller},cpuacct`])) {
        groups.push({ version: 1, folders: upwards(join(root, 'sys/fs/cgroup', name), path) });
      }
    }
  }
  return groups;
}

function upwards(mount: string, path: string): string[] {
  const folders: string[] = [];
  for (let group = path; ; group = dirname(group)) {
    folders.push(join(mount, group));
    if (group === '/' || group === '.') return folders;
  }
}
