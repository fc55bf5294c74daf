import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PoolError } from '@millpond/core';
import type { ReportData } from '../model/report-data.js';
import { Date } from '../natives.js';
import { checkKeys, refuse, show } from '../options.js';
import type { Comparable } from './comparison.js';
import { isReport, reportOf } from './report-of.js';
import { type TrendRow, trendTable } from './trend.js';

export interface HistoryOptions {
  /** Reports that are kept; the oldest ones go. 1 to 10,000. @defaultValue 100 */
  keep?: number;
}

export interface HistoryEntry {
  file: string;
  /** Time of `add`, ISO 8601. */
  addedAt: string;
  /** What `add` was given: a version, a commit. */
  label: string;
  report: ReportData;
}

export interface DamagedEntry {
  file: string;
  why: string;
}

/** Names sort by time. A random part keeps two of the same millisecond apart. */
const NAME = /^(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}-\d{3}Z)-[0-9a-f]{8}\.json$/;
const UNFINISHED = /^\.[\w-]+\.json\.unfinished$/;
/** A file that is not finished after this time never will be. */
const FORGOTTEN_MS = 60 * 60 * 1000;
/** A report without its tries has some 100 KB. A larger file is not read. */
const LARGEST_BYTES = 64 * 2 ** 20;

/**
 * Reports of earlier runs in a folder, one file each, without their single tries and profiles. Several programs may use one folder:
 * a file appears as a whole, or not at all.
 */
export class History {
  readonly folder: string;
  readonly #keep: number;

  /** @throws ERR_OPTION for a wrong option */
  constructor(folder: string, options?: HistoryOptions) {
    const { keep = 100 } = checkKeys(options, ['keep']);
    if (typeof folder !== 'string' || folder === '')
      refuse('folder', `must be the path of a folder; received ${show(folder)}.`);
    if (!Number.isInteger(keep) || keep < 1 || keep > 10_000)
      refuse('keep', `must be a whole number from 1 to 10000; received ${show(keep)}.`);
    this.folder = folder;
    this.#keep = keep;
  }

  /**
   * Keeps a report. Makes the folder if it is missing.
   * @returns the path of its file
   * @throws ERR_OPTION if it is no report, or an option is wrong; ERR_REPORT if the folder cannot be used
   */
  async add(report: Comparable, options?: { label?: string }): Promise<string> {
    const { label = '' } = checkKeys(options, ['label']);
    if (typeof label !== 'string') refuse('label', `must be a string; received ${show(label)}.`);
    const data = reportOf(report, 'report');
    const addedAt = new Date().toISOString();
    const name = `${addedAt.replace(/[:.]/g, '-')}-${randomBytes(4).toString('hex')}.json`;
    const text = `${JSON.stringify({ version: 1, addedAt, label: label.slice(0, 200), report: withoutTries(data) })}\n`;
    const unfinished = join(this.folder, `.${name}.unfinished`);
    const file = join(this.folder, name);
    try {
      await mkdir(this.folder, { recursive: true });
      const handle = await open(unfinished, 'wx');
      try {
        await handle.writeFile(text);
        // Else a crash of the machine could leave an empty file under the final name.
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(unfinished, file);
    } catch (error) {
      // The first error is the one to report. Where the folder is none, nothing can be removed either.
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw this.#failure(error, [file]);
    }
    await this.#tidy();
    return file;
  }

  /** All kept reports, oldest first. A file that cannot be read is left out, and named. @throws ERR_REPORT if the folder cannot be read */
  async read(): Promise<{ entries: HistoryEntry[]; damaged: DamagedEntry[] }> {
    const entries: HistoryEntry[] = [];
    const damaged: DamagedEntry[] = [];
    for (const name of await this.#names()) {
      const file = join(this.folder, name);
      try {
        entries.push({ file, ...(await readEntry(file)) });
      } catch (error) {
        // Another program may have removed it in the meantime: then it is no longer a part of the history.
        if (isMissing(error)) continue;
        damaged.push({ file, why: error instanceof Error ? error.message : String(error) });
      }
    }
    return { entries, damaged };
  }

  /**
   * A table of the main figures over the kept reports, newest last. It has the latest 20 rows, or as many as `rows` says: an integer of
   * at least 1, or Infinity.
   * @throws ERR_OPTION when an option is wrong; ERR_REPORT if the folder cannot be read
   */
  async trend(options?: { format?: 'text' | 'markdown'; rows?: number }): Promise<string> {
    const { format = 'text', rows = 20 } = checkKeys(options, ['format', 'rows']);
    if (!['text', 'markdown'].includes(format))
      refuse('format', `must be one of "text", "markdown"; received ${show(format)}.`);
    if (rows !== Infinity && !(Number.isInteger(rows) && rows >= 1))
      refuse('rows', `must be an integer of at least 1, or Infinity; received ${show(rows)}.`);
    const { entries, damaged } = await this.read();
    const shown: TrendRow[] = entries.slice(-rows);
    return trendTable(shown, damaged, format);
  }

  async #names(): Promise<string[]> {
    return (await this.#files()).filter((name) => NAME.test(name)).sort();
  }

  async #files(): Promise<string[]> {
    try {
      return await readdir(this.folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw this.#failure(error, []);
    }
  }

  /** @param left files that could not be written; none where the folder could not be read */
  #failure(error: unknown, left: string[]): PoolError {
    const { code, message } = error as NodeJS.ErrnoException;
    const isFile = code === 'EEXIST' || code === 'ENOTDIR';
    const reason = isFile ? `the folder is a file, or is below one (${code}).` : `${message}.`;
    const step = 'Give the history the path of a folder that this program may read and write.';
    return new PoolError('ERR_REPORT', { file: this.folder, reason, written: [], left, step }, { cause: error });
  }

  /** Removes what is too much, and what a crash left behind. */
  async #tidy(): Promise<void> {
    const names = await this.#names();
    for (const name of names.slice(0, Math.max(0, names.length - this.#keep)))
      await rm(join(this.folder, name), { force: true });
    for (const name of (await this.#files()).filter((each) => UNFINISHED.test(each))) {
      const file = join(this.folder, name);
      const age = await stat(file).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0, // it is finished by now
      );
      if (age > FORGOTTEN_MS) await rm(file, { force: true });
    }
  }
}

async function readEntry(file: string): Promise<Omit<HistoryEntry, 'file'>> {
  const { size } = await stat(file);
  if (size > LARGEST_BYTES) throw new Error(`it has ${size} bytes, more than a report has`);
  const found = JSON.parse(await readFile(file, 'utf8')) as Partial<Omit<HistoryEntry, 'file'>> | null;
  const report = found?.report;
  if (!isReport(report)) throw new Error('it holds no report of version 2');
  return { addedAt: String(found?.addedAt ?? ''), label: String(found?.label ?? ''), report };
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}

/** Single tries and profiles take most of the bytes, and no trend needs them. */
function withoutTries(report: ReportData): ReportData {
  const { cpu: _cpu, heap: _heap, ...parent } = report.parent;
  return {
    ...report,
    pools: report.pools.map(({ spans: _spans, cpu: _profiles, heap: _allocations, ...pool }) => pool),
    parent,
  };
}
