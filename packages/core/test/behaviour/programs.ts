import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { fixture, isRunning } from './pools.js';

/** Files a program of the tests may have open. */
const MOST_FILES = 100;

/** A program of the tests that runs: a user's program with a pool in it. */
export class Program {
  readonly child;
  stdout = '';
  stderr = '';
  readonly #lines: Interface;
  readonly #ended: Promise<unknown>;

  constructor(name: string, args: readonly string[] = []) {
    const command = [process.execPath, fileURLToPath(fixture(`programs/${name}`)), ...args];
    this.child = spawn('sh', ['-c', `ulimit -n ${MOST_FILES}; exec "$@"`, 'sh', ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.child, 'close');
    onTestFinished(() => void this.child.kill('SIGKILL'));
    this.child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#lines = createInterface(this.child.stdout);
  }

  /** The next line it prints. */
  async line(): Promise<string> {
    const [line] = (await once(this.#lines, 'line')) as [string];
    return line;
  }

  /** How it ended, once its output is read to the end. */
  async end(): Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }> {
    await this.#ended;
    const { exitCode, signalCode } = this.child;
    return { code: exitCode, signal: signalCode, stdout: this.stdout, stderr: this.stderr };
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Runs a program to its end. */
export function runProgram(...args: ConstructorParameters<typeof Program>): ReturnType<Program['end']> {
  return new Program(...args).end();
}

/** Resolves when none of these processes runs any more. The system reports the end of a process to its parent alone, so we look. */
export async function vanished(pids: readonly number[]): Promise<void> {
  while (pids.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 5));
}
