// Writes the results.
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatPath } from './format.mjs';

/**
 * Empties the places of an earlier run and opens the record file. Anything else in the folder is left alone.
 *
 * - `blobs/<sha256>.br`: the compressed files, written by the workers
 * - `results.jsonl`: one line for each file, as they finish
 * - `profile.txt`: the profiler's report
 */
export async function openResults(folder) {
  const blobsFolder = join(folder, 'blobs');
  const recordFile = join(folder, 'results.jsonl');
  const profileFile = join(folder, 'profile.txt');
  await Promise.all([blobsFolder, recordFile, profileFile].map((path) => rm(path, { recursive: true, force: true })));
  await mkdir(blobsFolder, { recursive: true });
  const records = await open(recordFile, 'w');
  return {
    blobsFolder,
    profileFile,
    /** Resolves when the system has the line, so a slow disk slows the run instead of filling the memory. */
    async add(record) {
      await records.appendFile(`${JSON.stringify(record)}\n`);
    },
    close: () => records.close(),
    describe() {
      return `records: ${formatPath(recordFile)}\nblobs:   ${formatPath(blobsFolder)}\nprofile: ${formatPath(profileFile)}`;
    },
  };
}
