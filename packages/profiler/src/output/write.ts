import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { PoolError } from '@millpond/core';
import type { ReportData } from '../model/report-data.js';
import { show } from '../options.js';
import { fileOf, filesOf, KNOWN_ENDINGS, type OutputFile } from './files.js';

/**
 * Writes one file, by the ending of its name, or all files into a folder. Each file appears as a whole or not at all.
 * @returns paths of the files
 * @throws ERR_OPTION for an unknown ending; ERR_REPORT when a file cannot be written. It names the files that are missing
 */
export async function writeReport(report: ReportData, target: string): Promise<string[]> {
  if (typeof target !== 'string' || target === '')
    throw new PoolError('ERR_OPTION', { option: 'target', reason: `must be a path; received ${show(target)}.` });
  const path = resolve(target);
  const file = fileOf(report, target);
  if (file !== undefined) return writeAll(dirname(path), [{ name: basename(path), render: file.render }]);
  if (extname(path) !== '' && !target.endsWith('/') && !target.endsWith('\\')) {
    const reason = `must end in one of ${KNOWN_ENDINGS.join(', ')}, or be a folder; received "${target}".`;
    throw new PoolError('ERR_OPTION', { option: 'target', reason });
  }
  return writeAll(path, filesOf(report));
}

async function writeAll(folder: string, files: readonly OutputFile[]): Promise<string[]> {
  const written: string[] = [];
  for (const [i, { name, render }] of files.entries()) {
    const path = join(folder, name);
    try {
      await mkdir(folder, { recursive: true });
      await writeWhole(path, render());
    } catch (error) {
      const reason = `${error instanceof Error ? error.message : String(error)}.`;
      const left = files.slice(i).map((file) => join(folder, file.name));
      throw new PoolError('ERR_REPORT', { file: path, reason, written, left }, { cause: error });
    }
    written.push(path);
  }
  return written;
}

/** Writes under another name in the same folder, then renames. A reader never sees a part, and an old file stays until then. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(unfinished, 'wx');
    try {
      await file.writeFile(content);
      // A disk may say only now that it is full.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    // The first error is the one to report. What cannot be removed either is a file with a name of its own.
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}
