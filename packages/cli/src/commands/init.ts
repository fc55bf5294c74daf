import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ExitCode } from '../exit-codes.js';
import { EXIT } from '../exit-codes.js';
import { CliFailure, describeSystemError } from '../failure.js';
import type { Io } from '../io.js';
import { TEMPLATE } from './init-template.js';

/**
 * `millpond init [DIR]`: writes a workload that runs at once.
 * @returns the exit code
 * @throws CliFailure (usage) that lists the files that exist already; then nothing is written
 */
export async function init(folder: string, io: Io): Promise<ExitCode> {
  const names = Object.keys(TEMPLATE);
  const existing: string[] = [];
  for (const name of names) if (await exists(join(folder, name))) existing.push(name);
  // A .gitignore belongs to its project. It may stay, and the user adds the line.
  const keepsIgnore = existing.includes('.gitignore');
  const inTheWay = existing.filter((name) => name !== '.gitignore');
  if (inTheWay.length > 0) {
    const list = inTheWay.map((name) => `  ${join(folder, name)}`).join('\n');
    throw new CliFailure(EXIT.usage, `Nothing was written, because these files exist already:\n${list}`);
  }
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(TEMPLATE)) {
      if (name === '.gitignore' && keepsIgnore) continue;
      await writeFile(join(folder, name), content, { flag: 'wx' });
      io.stdout.write(`wrote ${join(folder, name)}\n`);
    }
  } catch (error) {
    throw new CliFailure(EXIT.usage, `Cannot write to ${folder}: ${describeSystemError(error)}.`, { cause: error });
  }
  if (keepsIgnore) io.stdout.write(`kept ${join(folder, '.gitignore')}; add the line "out/" to it\n`);
  io.stdout.write(`\nNext:\n  millpond run ${quote(relative(io.cwd(), join(folder, 'workload.yaml')))}\n`);
  return EXIT.ok;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    // ENOENT, or a folder that cannot be read: writing there reports that, and overwrites no file.
    return false;
  }
}

function quote(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
