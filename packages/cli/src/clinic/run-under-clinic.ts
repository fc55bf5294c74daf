import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExitCode } from '../exit-codes.js';
import { EXIT, exitCodeOfSignal, type StopSignal } from '../exit-codes.js';
import { CliFailure, describeSystemError } from '../failure.js';
import type { Io } from '../io.js';
import { isFile, kill, mkdtempSync, process, readFileSync, rmSync } from '../natives.js';
import { findClinic } from './find-clinic.js';
import { CLINIC_NOTE, clinicNote } from './inside-clinic.js';

/** The tools of clinic. */
export const CLINIC_TOOLS = ['doctor', 'flame', 'bubbleprof', 'heapprofiler'] as const;
export type ClinicTool = (typeof CLINIC_TOOLS)[number];

const MISSING = [
  'clinic is not installed here, so nothing was run. It is a separate, optional program:',
  '  npm install --save-dev clinic   or   npm install --global clinic',
  "It sees the program's own process only. The report of millpond (profile.text) sees its workers as well.",
].join('\n');
const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/**
 * Runs this same command line, without `--clinic`, under clinic.
 * @param argv as process.argv
 * @returns the exit code of the run
 * @throws CliFailure if clinic is missing, cannot be started, or fails itself
 */
export async function runUnderClinic(tool: ClinicTool, argv: readonly string[], io: Io): Promise<ExitCode> {
  const { platform, execPath } = process;
  const clinic = findClinic({ cwd: io.cwd(), path: io.env['PATH'], platform, node: execPath });
  if (clinic === undefined) throw new CliFailure(EXIT.usage, MISSING);
  io.stderr.write(
    `clinic ${tool} sees the process of millpond only: its event loop, its memory, its code. Workers do not appear.\n`,
  );
  const bin = fileURLToPath(new URL('../../bin/millpond.js', import.meta.url));
  // Clinic takes no program but one of the name "node".
  const node = /^node(?:\.exe)?$/.test(basename(execPath)) ? execPath : 'node';
  // Only a person wants a browser, and only a person can answer clinic's question about statistics. Without an answer it runs nothing.
  const isPerson = io.stdin.isTTY === true && io.stdout.isTTY === true;
  const quiet = isPerson ? [] : ['--open=false'];
  const args = [...clinic.args, tool, ...quiet, '--', node, bin, ...withoutClinic(argv.slice(2))];
  const folder = mkdtempSync(join(tmpdir(), 'millpond-clinic-'));
  try {
    const exitFile = join(folder, 'exit-code');
    const env = { ...io.env, ...(isPerson ? {} : { NO_INSIGHT: '1' }), [CLINIC_NOTE]: clinicNote(io.env, exitFile) };
    const { code, stop } = await wait(clinic.command, args, env);
    const ofRun = exitCodeIn(exitFile);
    // The run has seen SIGINT, whatever this process got.
    if (stop !== undefined && (ofRun === undefined || ofRun === EXIT.interrupted)) return exitCodeOfSignal(stop);
    if (ofRun !== undefined && (ofRun !== EXIT.ok || code === 0)) return ofRun;
    throw new CliFailure(
      EXIT.broken,
      `clinic ended with ${code ?? 'a signal'}${ofRun === undefined ? ', before the run did' : ''}.`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The exit code that the run has left; undefined if it did not come to its end. */
function exitCodeIn(file: string): ExitCode | undefined {
  if (!isFile(file)) return undefined;
  const code = Number(readFileSync(file, 'utf8'));
  return Object.values(EXIT).find((known) => known === code);
}

/** The arguments without `--clinic` and its value. */
export function withoutClinic(args: readonly string[]): string[] {
  return args.filter((arg, i) => arg !== '--clinic' && args[i - 1] !== '--clinic' && !arg.startsWith('--clinic='));
}

/** How clinic ended. */
interface ClinicEnd {
  /** Null after a signal. */
  code: number | null;
  /** The first signal that this process passed on. */
  stop: StopSignal | undefined;
}

function wait(command: string, args: readonly string[], env: Record<string, string | undefined>): Promise<ClinicEnd> {
  return new Promise((resolve, reject) => {
    // A group of its own: Ctrl-C in a terminal reaches this process alone, which passes it on once. Otherwise the program would get
    // it from the terminal and from clinic, and two of them kill the running tasks.
    const isGroup = process.platform !== 'win32';
    const child = spawn(command, args, { stdio: 'inherit', env, detached: isGroup });
    let first: StopSignal | undefined;
    const onSignal = (signal: StopSignal): void => {
      const target = child.pid;
      if (target === undefined || child.exitCode !== null) return;
      // Clinic passes on SIGINT and nothing else, and makes its report afterwards. The second signal is for all of them.
      const isFirst = first === undefined;
      first ??= signal;
      try {
        kill(isFirst || !isGroup ? target : -target, 'SIGINT');
      } catch (error) {
        // It has ended in this moment.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    };
    const listeners = SIGNALS.map((signal) => [signal, () => onSignal(signal)] as const);
    for (const [signal, listener] of listeners) process.on(signal, listener);
    const done = (): void => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    };
    child.once('error', (error) => {
      done();
      reject(
        new CliFailure(EXIT.broken, `clinic could not be started: ${describeSystemError(error)}`, { cause: error }),
      );
    });
    child.once('exit', (code) => {
      done();
      resolve({ code, stop: first });
    });
  });
}
