import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { process } from '../base/natives.js';
import { placeOf } from '../base/stack-place.js';
import { findSyntaxError } from './find-syntax-error.js';

/** Reading a program's modules takes less; what takes longer is not waited for. */
const FIND_WITHIN_MS = 5000;

/**
 * Gives a syntax error in an ES module its place: file, line and the text there, at the head of its stack, as Node puts it
 * for CommonJS. For an ES module Node keeps the place to itself until it prints the error at the end of a process. So another
 * process reads the modules, without running them, and ends at the error.
 */
export async function withSyntaxErrorPlace(error: unknown, moduleUrl: string): Promise<unknown> {
  if (!(error instanceof SyntaxError) || isPlaced(error) || !canAskNode()) return error;
  const printed = await endOfReader(moduleUrl);
  const head = printed.slice(0, Math.max(0, printed.indexOf('\n\nSyntaxError: ')));
  // Another error than the one at hand would mislead.
  if (head !== '' && printed.includes(error.message)) error.stack = `${head}\n\n${error.stack ?? ''}`;
  return error;
}

/** It has a head, or a call that threw it: JSON.parse, for instance. One that waited for an import is no more than on its way. */
function isPlaced({ stack = '' }: SyntaxError): boolean {
  return placeOf(stack.replaceAll(/^ +at async .*$/gm, '')) !== undefined;
}

/** Whether the program of this process is Node: an application made of it would start itself again. */
function canAskNode(): boolean {
  return /^node(js)?(\.exe)?$/i.test(basename(process.execPath)) && process.versions['electron'] === undefined;
}

/** What a process prints that reads the modules. */
function endOfReader(moduleUrl: string): Promise<string> {
  const code = `(${findSyntaxError.toString()})(process.argv[1], (specifier, url) => import.meta.resolve(specifier, url));`;
  const flags = [
    '--experimental-vm-modules',
    '--experimental-import-meta-resolve',
    '--no-warnings',
    '--input-type=module',
  ];
  // Without what the user has Node do in every process.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const options = { env, timeout: FIND_WITHIN_MS, killSignal: 'SIGKILL', windowsHide: true } as const;
  return new Promise((resolve) => {
    try {
      execFile(process.execPath, [...flags, '-e', code, moduleUrl], options, (_error, _stdout, stderr) =>
        resolve(stderr),
      );
    } catch {
      // Processes may be forbidden (--permission). The error stays without its place.
      resolve('');
    }
  });
}
