import { open, stat } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { describeSystemError } from '../failure.js';
import { Buffer, process } from '../natives.js';
import { checkWorkload } from './check.js';
import { readDocument } from './document.js';
import type { Finding, Problem } from './problems.js';
import { WorkloadError } from './problems.js';
import type { WorkloadFile } from './schema.js';

/** A larger workload file is refused; data belongs into an input file, which is streamed. */
export const MAX_WORKLOAD_BYTES = 10 * 1024 * 1024;

/** A workload file that passed all checks, with its paths resolved. */
export interface Workload {
  /** The file as the caller named it, for messages. */
  file: string;
  /** Absolute path of the file. */
  path: string;
  /** Absolute path of the folder of the file; relative paths in it start here. */
  folder: string;
  /** `name`, or the file name without its extension. */
  name: string;
  /** Absolute path of the worker module. */
  worker: string;
  /** `task`, or "default". */
  task: string;
  /** The file as written. */
  content: WorkloadFile;
  /** Makes the error for a problem that is found only later, such as a missing input file. */
  reject(...findings: Finding[]): WorkloadError;
}

/**
 * Reads and checks a workload file, YAML or JSON, and checks that its worker module exists. Starts nothing and runs
 * nothing of it. Input files are checked only when the input is opened.
 * @param file path, relative to the working directory
 * @throws WorkloadError with all problems, each with its place
 */
export async function loadWorkload(file: string): Promise<Workload> {
  const text = await readWorkloadText(file);
  const document = readDocument(text);
  if (document.problems.length > 0) throw new WorkloadError(file, document.problems, text);
  const reject = (...findings: Finding[]): WorkloadError =>
    new WorkloadError(file, findings.map(document.locate), text);

  const checked = checkWorkload(document.value);
  const path = resolve(file);
  const folder = dirname(path);
  if ('findings' in checked) {
    const worker = (document.value as { worker?: unknown } | null)?.worker;
    const seen = checked.findings.some((finding) => finding.path[0] === 'worker');
    const missing = typeof worker === 'string' && !seen ? await findMissingWorker(worker, folder) : [];
    throw reject(...checked.findings, ...missing);
  }
  const content = checked.workload;
  const missing = await findMissingWorker(content.worker, folder);
  if (missing.length > 0) throw reject(...missing);
  return {
    file,
    path,
    folder,
    name: content.name ?? basename(path, extname(path)),
    worker: resolve(folder, content.worker),
    task: content.task ?? 'default',
    content,
    reject,
  };
}

async function readWorkloadText(file: string): Promise<string> {
  const whole = (message: string): WorkloadError => {
    const problem: Problem = { line: 0, column: 0, path: [], message };
    return new WorkloadError(file, [problem], '');
  };
  let bytes: Buffer;
  try {
    const handle = await open(file, 'r');
    try {
      // Never past the limit, whatever the reported size: a device reports none.
      const chunks = (await handle.createReadStream({ end: MAX_WORKLOAD_BYTES }).toArray()) as Buffer[];
      bytes = Buffer.concat(chunks);
    } finally {
      await handle.close();
    }
    if (bytes.length > MAX_WORKLOAD_BYTES) {
      throw whole(`is larger than ${MAX_WORKLOAD_BYTES / 1024 / 1024} MB; put the data into an input file.`);
    }
  } catch (error) {
    throw error instanceof WorkloadError ? error : whole(`cannot be read: ${describeSystemError(error)}.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder's own message names neither the file nor a place in it.
    throw whole('is not UTF-8 text.');
  }
}

async function findMissingWorker(worker: string, folder: string): Promise<Finding[]> {
  const path = resolve(folder, worker);
  const found = (reason: string): Finding[] => [
    { path: ['worker'], message: `worker module not usable: ${reason}: ${relative(process.cwd(), path) || path}` },
  ];
  try {
    return (await stat(path)).isFile() ? [] : found('it is not a file');
  } catch (error) {
    return found(describeSystemError(error));
  }
}
