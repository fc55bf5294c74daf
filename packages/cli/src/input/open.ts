import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Workload } from '../workload/load.js';
import { fromStream, openFile } from './byte-source.js';
import { openCsv } from './csv.js';
import { openFiles } from './files.js';
import { openItems } from './items.js';
import { openJsonl } from './jsonl.js';
import { openLines } from './lines.js';
import { openRange } from './range.js';
import type { InputSource } from './source.js';
import { InputError } from './source.js';

/**
 * Opens the input of a workload: looks for its files, keeps them open, reads a CSV header.
 * @param stdin the stream that `input.stdin` reads from; undefined: it is named, not read (for a dry run or a check)
 * @throws WorkloadError at the key of the input when it cannot be used
 */
export async function openInput(workload: Workload, stdin: Readable | undefined): Promise<InputSource> {
  const { input } = workload.content;
  const source = Object.keys(input).find((key) => key !== 'ignore') ?? 'input';
  try {
    return await openSource(workload, stdin);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw workload.reject({ path: ['input', source], message: error.message });
  }
}

async function openSource({ content: { input }, folder }: Workload, stdin: Readable | undefined): Promise<InputSource> {
  const file = (path: string) => openFile(path, resolve(folder, path));
  if (input.files !== undefined) return openFiles({ ...input, files: input.files }, folder);
  if (input.lines !== undefined) return openLines(await file(input.lines));
  if (input.jsonl !== undefined) return openJsonl(await file(input.jsonl));
  if (input.csv !== undefined) {
    const { path, ...format } = typeof input.csv === 'string' ? { path: input.csv } : input.csv;
    const bytes = await file(path);
    return closeOnError(bytes, openCsv(bytes, format));
  }
  if (input.items !== undefined) return openItems(input.items);
  if (input.range !== undefined) return openRange(input.range);
  return openStdin(input.stdin ?? 'lines', stdin);
}

async function openStdin(format: 'lines' | 'jsonl' | 'csv', stdin: Readable | undefined): Promise<InputSource> {
  // A dry run and a check leave the items of standard input to the run.
  if (stdin === undefined) return { ...openItems([]), description: `standard input (${format})`, total: undefined };
  const bytes = fromStream('standard input', undefined, stdin);
  if (format === 'lines') return openLines(bytes);
  if (format === 'jsonl') return openJsonl(bytes);
  return openCsv(bytes, {});
}

async function closeOnError(opened: { close(): void }, result: Promise<InputSource>): Promise<InputSource> {
  try {
    return await result;
  } catch (error) {
    opened.close();
    throw error;
  }
}
