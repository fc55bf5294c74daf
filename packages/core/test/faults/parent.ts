import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fixture, type Lab, within } from './lab.js';
import { marked, until } from './system.js';

/** Promised: no worker outlives its parent by more than this. */
const ORPHANS_GONE_MS = 2000;
const ENDS_WITHIN_MS = 8000;

/** A program that has a pool of its own. */
export interface Parent {
  child: ChildProcess;
  /** Resolves when it has printed this line. */
  said(line: string): Promise<void>;
  lines: readonly string[];
  /** Its exit code or signal. */
  ended(withinMs?: number): Promise<number | string>;
}

/** Starts a script of fixtures/ in a process group of its own, as a terminal does. @param through the command that starts it */
export function startParent(
  lab: Lab,
  script: string,
  input: object,
  env: Record<string, string> = {},
  through: readonly string[] = [],
): Parent {
  const [command = '', ...args] = [...through, process.execPath, fixture(script)];
  const child = spawn(command, [...args, JSON.stringify({ kind: lab.kind, concurrency: lab.concurrency, ...input })], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    env: { ...lab.env, ...env },
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return {
    child,
    lines,
    ended: (withinMs = ENDS_WITHIN_MS) => within('the program ends', ended, withinMs),
    said: (line) => until(line, () => lines.includes(line), { shown: () => lines.join() }),
  };
}

/** Waits until nothing of the test lives, and fails if that takes longer than promised. */
export async function orphansGone(lab: Lab): Promise<void> {
  await until('no orphan', () => marked(lab.mark).length === 0, { withinMs: ORPHANS_GONE_MS });
}
