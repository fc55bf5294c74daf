import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A control group this process is in, with those above it. */
export interface ControlGroup {
  readonly version: 1 | 2;
  /** Its folder, and the folders of all above it, the nearest first. Some may not be visible from inside a container. */
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

/** A file's text, or undefined when it is not there, or cannot be read: then it says nothing. */
export function readText(path: string): string | undefined {
  // Most that are looked for are not there, and making an error costs ten times as much as asking first.
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not this kind of control group, or not Linux.
    return undefined;
  }
}

function upwards(mount: string, path: string): string[] {
  const folders: string[] = [];
  for (let group = path; ; group = dirname(group)) {
    folders.push(join(mount, group));
    if (group === '/' || group === '.') return folders;
  }
}
