import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';

const BIN = fileURLToPath(new URL('../../bin/millpond.js', import.meta.url));

/** Absolute path of a worker module in test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** A folder that lives as long as the test. */
export async function tempFolder(files: Record<string, string | Buffer> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millpond-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** A folder with `w.yaml`: version 1, the echo worker, two workers at most, and what is given. */
export function workloadFolder(content: object, files: Record<string, string | Buffer> = {}): Promise<string> {
  const workload = { version: 1, worker: fixture('echo.mjs'), pool: { workers: { min: 1, max: 2 } }, ...content };
  return tempFolder({ 'w.yaml': stringify(workload), ...files });
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Standard output as JSON lines. */
  lines(): any[]; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look into it as they please.
}

export interface Running {
  child: ChildProcess;
  /** Resolves when standard error has shown this text. */
  saw(text: string): Promise<void>;
  ended: Promise<Ended>;
}

export interface StartOptions extends SpawnOptions {
  input?: string | Buffer;
}

/** Starts the built `millpond` with a bare environment: no CI, no colours, no terminal. */
export function start(args: readonly string[], { input, env, ...options }: StartOptions = {}): Running {
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: 'pipe',
    env: { PATH: process.env['PATH'], ...env },
    ...options,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of watchers) look();
  });
  // A command that does not read its input closes it.
  child.stdin?.on('error', () => {});
  if (input !== undefined) child.stdin?.end(input);
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
    lines: () =>
      stdout
        .trimEnd()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
  }));
  const saw = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stderr.includes(text)) resolve();
      };
      watchers.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without saying "${text}":\n${stderr}`)));
    });
  return { child, saw, ended };
}

/** Runs the built `millpond` to its end. Standard input is empty unless given. */
export function millpond(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(args, { input: '', ...options }).ended;
}

/** The other side of fixtures/hold.mjs. */
export interface Gate {
  /** To be given to the workload as pool.workerData. */
  path: string;
  /** Resolves to the next item that has begun to run. */
  running(): Promise<{ item: unknown; pid: number; release(): void }>;
}

/** Opens a gate that holds every item until it is released. */
export async function gate(): Promise<Gate> {
  const path = join(await tempFolder(), 'gate');
  const arrived: { item: unknown; pid: number; release(): void }[] = [];
  const waiting: ((item: (typeof arrived)[number]) => void)[] = [];
  const server: Server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      const { item, pid } = JSON.parse(String(data)) as { item: unknown; pid: number };
      const one = { item, pid, release: () => void socket.write('go') };
      const next = waiting.shift();
      if (next === undefined) arrived.push(one);
      else next(one);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    path,
    running: () => {
      const one = arrived.shift();
      return one === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(one);
    },
  };
}

/** Whether a process is alive; one that has ended but was not waited for counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
