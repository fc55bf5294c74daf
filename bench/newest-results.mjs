// Reads the results that full runs have written.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const RESULT = /^(?<id>[a-z-]+)-\d{4}-\d\d-\d\d\.json$/;

/** @returns the newest result of each benchmark by its id, with the name of its file */
export function newestResults(folder) {
  const newest = new Map();
  // A date sorts as text.
  for (const file of readdirSync(folder).sort()) {
    const { id } = RESULT.exec(file)?.groups ?? {};
    if (id !== undefined) newest.set(id, { file, ...JSON.parse(readFileSync(join(folder, file), 'utf8')) });
  }
  return newest;
}
