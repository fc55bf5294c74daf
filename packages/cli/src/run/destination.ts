import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { CliFailure } from '../failure.js';
import type { Workload } from '../workload/load.js';

/** Destination of results: a file, standard output, or the item events on standard output. */
export type Destination =
  | { kind: 'file'; path: string; label: string }
  | { kind: 'stdout'; label: 'standard output' }
  | { kind: 'events'; label: 'item events on standard output' };

/** Flags of the command line that decide it. */
export interface DestinationFlags {
  /** `--output`, relative to the working directory; "-" for standard output. */
  output: string | undefined;
  /** `--json`: standard output has events. */
  json: boolean;
}

/** Chooses the destination of results: `--output`, then `output.jsonl` of the workload file, then standard output. */
export function chooseDestination(
  workload: Pick<Workload, 'folder' | 'content'>,
  flags: DestinationFlags,
  cwd: string,
): Destination {
  const inFile = workload.content.output?.jsonl;
  const wanted = flags.output ?? inFile ?? '-';
  if (wanted !== '-') {
    const path = flags.output === undefined ? resolve(workload.folder, wanted) : resolve(cwd, wanted);
    return { kind: 'file', path, label: relative(cwd, path) || path };
  }
  return flags.json
    ? { kind: 'events', label: 'item events on standard output' }
    : { kind: 'stdout', label: 'standard output' };
}

/**
 * Refuses to write results over a file that the run reads: the workload file, its worker, its input.
 * @throws CliFailure (usage)
 */
export async function protectFiles(destination: Destination, files: readonly string[]): Promise<void> {
  if (destination.kind !== 'file') return;
  const target = await trueName(destination.path);
  for (const file of files) {
    // Names are compared before links are followed, because an input may be thousands of files.
    if (basename(file) !== basename(destination.path) && basename(file) !== basename(target)) continue;
    if ((await trueName(file)) !== target) continue;
    throw new CliFailure(
      EXIT.usage,
      `Results would overwrite ${destination.label}, which this run reads. Choose another output file.`,
    );
  }
}

/** The path with links followed, as far as it exists. */
async function trueName(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // It does not exist yet, or a folder above cannot be read. Opening the file reports the reason.
    const parent = dirname(path);
    return parent === path ? path : join(await trueName(parent), basename(path));
  }
}
