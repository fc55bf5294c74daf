import type { Palette } from '../color.js';
import { printable } from '../printable.js';

/** Keys and list positions from the top of the file down to a value. */
export type Path = readonly (string | number)[];

/** A problem in a workload file, before its place in the text is known. */
export interface Finding {
  path: Path;
  message: string;
  /** Point at the key rather than at its value. */
  atKey?: boolean;
}

/** A problem in a workload file, with its place. */
export interface Problem {
  /** 1-based; 0 if it concerns the file as a whole. */
  line: number;
  /** 1-based, in characters; 0 if it concerns the file as a whole. */
  column: number;
  path: Path;
  message: string;
}

/** Wider lines are cut around the place of the problem: a minified JSON file is one line of megabytes. */
const FRAME_WIDTH = 100;

/** "pool.workers", "input.files[2]"; empty for the whole file. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return printable(text, 200);
}

/**
 * One problem as `file:line:column: path: message`, followed by its line of the file with a mark under the place. Sorted and
 * joined by {@link formatProblems}.
 */
export function formatProblem(file: string, problem: Problem, lines: readonly string[], palette: Palette): string {
  const place = problem.line === 0 ? file : `${file}:${problem.line}:${problem.column}`;
  const path = problem.path.length === 0 ? '' : `${palette.bold(formatPath(problem.path))}: `;
  const head = `${palette.cyan(printable(place))}: ${path}${printable(problem.message, 2000)}`;
  const source = problem.line === 0 ? undefined : lines[problem.line - 1];
  if (source === undefined || source.trim() === '') return head;
  const { text, offset } = excerpt(source, problem.column - 1);
  const gutter = String(problem.line);
  const mark = `${' '.repeat(offset)}${palette.red('^')}`;
  return `${head}\n  ${palette.dim(`${gutter} |`)} ${text}\n  ${palette.dim(`${' '.repeat(gutter.length)} |`)} ${mark}`;
}

/** All problems in the order of the file, one block each. */
export function formatProblems(file: string, problems: readonly Problem[], source: string, palette: Palette): string {
  const lines = source.split(/\r?\n/);
  return [...problems]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map((problem) => formatProblem(file, problem, lines, palette))
    .join('\n');
}

/** The part of a line around `at`, without control characters, and the position of `at` in it. */
function excerpt(line: string, at: number): { text: string; offset: number } {
  const start = line.length <= FRAME_WIDTH ? 0 : Math.max(0, Math.min(at - FRAME_WIDTH / 2, line.length - FRAME_WIDTH));
  const before = printable(line.slice(start, at));
  const after = printable(line.slice(at, start + FRAME_WIDTH));
  const text = `${start > 0 ? '…' : ''}${before}${after}${start + FRAME_WIDTH < line.length ? '…' : ''}`;
  return { text, offset: before.length + (start > 0 ? 1 : 0) };
}

/** A workload file that cannot be run. `problems` holds all its problems, not only the first. */
export class WorkloadError extends Error {
  override readonly name = 'WorkloadError';
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Text of the file, for code frames; empty if it could not be read. */
  readonly source: string;

  constructor(file: string, problems: readonly Problem[], source: string) {
    super(
      problems
        .map((p) => `${file}:${p.line}:${p.column}: ${[formatPath(p.path), p.message].filter(Boolean).join(': ')}`)
        .join('\n'),
    );
    this.file = file;
    this.problems = problems;
    this.source = source;
  }
}
