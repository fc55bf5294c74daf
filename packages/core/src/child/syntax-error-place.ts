import { basename } from 'node:path';
import { getBuiltinModule, process } from '../base/natives.js';
import { placeOf } from '../base/stack-place.js';
import { findSyntaxError } from './find-syntax-error.js';

/**
 * Longest wait for a process that reads a program's modules. Its start takes 45 ms, so 5 s are enough for thousands of
 * modules. The place only helps the reader of an error, and `startTimeoutMs` is six times as long.
 */
const FIND_WITHIN_MS = 5000;

/**
 * Adds its place to the stack of a syntax error in an ES module: file, line and text, in front. Node does so for
 * CommonJS only. It hides the place in an ES module until it prints the error at the end of a process. So another process reads
 * the modules, without running them, and ends at the error.
 */
export async function withSyntaxErrorPlace(error: unknown, moduleUrl: string): Promise<unknown> {
  if (!(error instanceof SyntaxError) || isPlaced(error) || !canAskNode()) return error;
  const printed = await endOfReader(moduleUrl);
  const head = printed.slice(0, Math.max(0, printed.indexOf('\n\nSyntaxError: ')));
  // A different error would mislead.
  if (head !== '' && printed.includes(error.message)) error.stack = `${head}\n\n${error.stack ?? ''}`;
  return error;
}

/** Whether an error has a head, or a call that threw it, such as JSON.parse. Calls that waited for an import only pass it on. */
function isPlaced({ stack = '' }: SyntaxError): boolean {
  return placeOf(stack.replaceAll(/^ +at async .*$/gm, '')) !== undefined;
}

/** Whether the program of this process is Node: an application made with it would start itself again. */
function canAskNode(): boolean {
  return /^node(js)?(\.exe)?$/i.test(basename(process.execPath)) && process.versions['electron'] === undefined;
}

/** Output of a process that reads the modules. */
function endOfReader(moduleUrl: string): Promise<string> {
  const code = `(${findSyntaxError.toString()})(process.argv[1], (specifier, url) => import.meta.resolve(specifier, url));`;
  const flags = [
    '--experimental-vm-modules',
    '--experimental-import-meta-resolve',
    '--no-warnings',
    '--input-type=module',
  ];
  // Without the user's options for every Node process.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const options = { env, timeout: FIND_WITHIN_MS, killSignal: 'SIGKILL', windowsHide: true } as const;
  // Loaded on first use: the load takes 1 to 3 ms of every worker's start.
  const { execFile } = getBuiltinModule('node:child_process');
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
