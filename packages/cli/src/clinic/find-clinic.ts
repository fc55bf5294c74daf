import { delimiter, dirname, join } from 'node:path';
import { isFile } from '../natives.js';

/** How to start clinic: a program, and its first arguments. */
export interface ClinicProgram {
  command: string;
  args: readonly string[];
}

/** What of the machine decides where clinic is. */
export interface Surroundings {
  cwd: string;
  path: string | undefined;
  platform: NodeJS.Platform;
  /** Node itself, which on Windows runs clinic's script: a shell would read arguments in its own way. */
  node: string;
}

/** Clinic as npm finds a command: in `node_modules/.bin` of this folder and of those above, then on PATH. Undefined if it is not there. */
export function findClinic({ cwd, path, platform, node }: Surroundings): ClinicProgram | undefined {
  const local = foldersAbove(cwd).map((folder) => join(folder, 'node_modules', '.bin'));
  const onPath = (path ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...local, ...onPath]) {
    if (platform !== 'win32') {
      if (isFile(join(folder, 'clinic'))) return { command: join(folder, 'clinic'), args: [] };
      continue;
    }
    if (!isFile(join(folder, 'clinic.cmd'))) continue;
    // Beside `.bin`, or below the folder of global commands.
    const scripts = [join(folder, '..', 'clinic', 'bin.js'), join(folder, 'node_modules', 'clinic', 'bin.js')];
    const script = scripts.find(isFile);
    if (script !== undefined) return { command: node, args: [script] };
  }
  return undefined;
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAbove(above)];
}
