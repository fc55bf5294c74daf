import { stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { plural } from '@millpond/core/internal';
import { glob, isDynamicPattern } from 'tinyglobby';
import { describeSystemError } from '../failure.js';
import type { InputSource, SourceItem } from './source.js';
import { InputError } from './source.js';

export interface FilesInput {
  /** Glob patterns and plain paths. */
  files: string | readonly string[];
  /** Glob patterns of files to leave out. */
  ignore?: string | readonly string[];
}

/**
 * Files by glob patterns, as items `{ path, relative }`. `path` is absolute; `relative` starts at `folder`, has forward slashes
 * and is the id. Items are sorted by `relative`, character by character, the same on every machine. A pattern matches
 * files that start with a dot only if it names the dot. The list is made once, when the input is opened.
 * @throws InputError if nothing matches, or if a plain path among the patterns does not exist
 */
export async function openFiles({ files, ignore }: FilesInput, folder: string): Promise<InputSource> {
  const patterns = [files].flat();
  await checkPlainPaths(patterns, folder);
  const found = await glob(patterns, {
    cwd: folder,
    ignore: [ignore ?? []].flat(),
    absolute: true,
    onlyFiles: true,
    expandDirectories: false,
  });
  if (found.length === 0) throw new InputError(describeNothing(patterns, ignore, folder));
  const paths = [...new Set(found.map((path) => resolve(path)))]
    .map((path) => ({ path, relative: relative(folder, path).split(sep).join('/') }))
    .sort((a, b) => (a.relative < b.relative ? -1 : 1));
  return {
    description: `${plural(paths.length, 'file')} matching ${patterns.join(', ')}`,
    total: paths.length,
    files: paths.map(({ path }) => path),
    async *items(): AsyncGenerator<SourceItem> {
      for (const value of paths) yield { id: value.relative, value };
    },
    close() {},
  };
}

/** A path without wildcards means that one file: a glob would silently match nothing. */
async function checkPlainPaths(patterns: readonly string[], folder: string): Promise<void> {
  for (const pattern of patterns) {
    if (pattern.startsWith('!') || isDynamicPattern(pattern)) continue;
    const path = resolve(folder, pattern);
    let isDirectory: boolean;
    try {
      isDirectory = (await stat(path)).isDirectory();
    } catch (error) {
      throw new InputError(`cannot read "${pattern}": ${describeSystemError(error)}: ${path}`);
    }
    if (isDirectory)
      throw new InputError(`"${pattern}" is a folder; write "${pattern.replace(/\/+$/, '')}/**" for all files in it.`);
  }
}

function describeNothing(patterns: readonly string[], ignore: FilesInput['ignore'], folder: string): string {
  const quoted = (list: readonly string[]): string => list.map((pattern) => `"${pattern}"`).join(', ');
  const without = ignore === undefined ? '' : ` (without ${quoted([ignore].flat())})`;
  return `no file matches ${quoted(patterns)}${without} in ${folder}`;
}
