import { errorMonitor } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { callSafely } from '../base/call-safely.js';
import { Buffer, clearInterval, process, setInterval } from '../base/natives.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { OutputStream, StdioOption } from '../contract/stdio.js';
import { type OutputSource, passOnAtTheEnd } from './last-output.js';
import { LineReporter, type OutputListener } from './line-reporter.js';

/** Last output of a worker that its death report quotes: some hundred lines. A choice. */
const TAIL_BYTES = 8 * 1024;
/**
 * Longest line that is passed on whole. Longer ones go in pieces, so that output without line breaks costs no memory. Linux gives a
 * pipe 64 KiB, so a line of that length is one write of its worker.
 */
const MAX_LINE_BYTES = 64 * 1024;
/**
 * Quiet time after which a pipe without a writer of ours is given up. A choice. Children that a worker left behind keep the program
 * alive for that time, and print what they print by then.
 */
const QUIET_MS = 200;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** Bytes of the longest character. */
const MOST_UTF8_BYTES = 4;
const NO_BYTES = Buffer.alloc(0);

/** A target of output. Its stream is found at the first line. */
export class OutputTarget {
  readonly #find: () => Writable | undefined;
  #found: Writable | undefined;

  constructor(find: () => Writable | undefined) {
    this.#find = find;
  }

  /** Undefined where the program has no such stream. */
  get stream(): Writable | undefined {
    try {
      return (this.#found ??= this.#find());
    } catch {
      // Node cannot open it, and tells the program so where that prints itself. A listener of ours must not end the program.
      return undefined;
    }
  }

  /** Whether it accepts nothing now. */
  get isFull(): boolean {
    return this.#found?.writableNeedDrain === true;
  }
}

/** Targets of a worker's output, for `stdio` other than 'inherit'. */
export interface OutputTargets {
  stdout: OutputTarget | undefined;
  stderr: OutputTarget | undefined;
}

/**
 * Picks the targets for a `stdio` option. They are looked up neither at import, since tests and hosts replace process.stdout, nor
 * at the start of a worker. Node makes that stream at its first use, in 0.5 ms for a pipe, and most workers print nothing.
 */
export function outputTargets(stdio: StdioOption): OutputTargets {
  if (stdio === 'ignore' || stdio === 'events') return { stdout: undefined, stderr: undefined };
  const stdout = (): Writable | undefined => process.stdout;
  const stderr = (): Writable | undefined => process.stderr;
  return { stdout: new OutputTarget(stdio === 'stderr' ? stderr : stdout), stderr: new OutputTarget(stderr) };
}

/**
 * Passes a worker's output on by lines, to a target and to a reporter. The target gets each line with its label, no faster than it
 * takes them.
 * @returns a function that passes on the beginning of a line that has no end yet
 */
export function forwardLines(
  source: Readable,
  to: OutputTarget | undefined,
  label: string,
  reporter?: LineReporter,
): () => void {
  source.on('error', () => {}); // the worker died while writing; its exit says so
  let rest: Buffer[] = [];
  let restBytes = 0;
  const prefix = Buffer.from(label);

  const write = (lines: readonly Line[]): void => {
    const target = to?.stream;
    // The target is closed, or there is none: the lines are lost, like everything else that is printed there.
    if (target?.writable !== true) return;
    let accepted = true;
    // A program may have put a function of its own there. What that throws must not hold up later output.
    callSafely(() => (accepted = target.write(Buffer.concat(lines.flatMap((line) => [prefix, ...line])))));
    if (!accepted && !source.isPaused()) {
      source.pause();
      resumeWhenTaken(source, target);
    }
  };
  source.on('data', (chunk: Buffer) => {
    // One write for all lines of a chunk: to a pipe, each write is a system call.
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      lines.push([...rest, chunk.subarray(from, end + 1)]);
      rest = [];
      restBytes = 0;
      from = end + 1;
    }
    if (lines.length > 0) write(lines);
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
    }
    reporter?.take(lines, chunk.length, restBytes > 0);
    if (restBytes > MAX_LINE_BYTES) endPiece();
  });
  source.on('end', endLine);
  return endLine;

  /** Passes on what there is of a long line, up to its last whole character. */
  function endPiece(): void {
    const whole = Buffer.concat(rest);
    const end = whole.length - splitBytes(whole);
    passOn([whole.subarray(0, end)], Buffer.from(whole.subarray(end)));
  }

  function endLine(): void {
    if (rest.length > 0) passOn(rest, NO_BYTES);
  }

  function passOn(pieces: readonly Buffer[], left: Buffer): void {
    const line = [...pieces, Buffer.of(NEWLINE)];
    rest = left.length > 0 ? [left] : [];
    restBytes = left.length;
    write([line]);
    reporter?.take([line], 0, restBytes > 0);
  }
}

/** Number of bytes at the end of a chunk that only begin a character, or perhaps a line break. */
function splitBytes(chunk: Buffer): number {
  if (chunk.at(-1) === CARRIAGE_RETURN) return 1;
  for (let back = 1; back <= Math.min(MOST_UTF8_BYTES, chunk.length); back++) {
    const byte = chunk[chunk.length - back] as number;
    // Neither a whole character, nor one of its further bytes.
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/** The pieces of a line, with its line break. */
type Line = readonly Buffer[];

/** A target that there is none of, and that therefore takes everything. */
const NO_TARGET = { isFull: false };

/** Passes a worker's output on, also when the program ends. Without a target and a reporter, throws it away. */
function forwardStream(
  source: OutputSource,
  target: OutputTarget | undefined,
  label: string,
  reporter: LineReporter | undefined,
): void {
  source.unref();
  // Output that is thrown away may break off.
  if (target === undefined && reporter === undefined) source.on('error', () => {}).resume();
  else
    passOnAtTheEnd({
      source,
      target: target ?? NO_TARGET,
      endLine: forwardLines(source, target, label, reporter),
    });
}

/** Passes the streams of a worker on, as its pool's `stdio` says. @param listener of the lines, at each time */
export function forwardOutput(
  sources: Readonly<Partial<Record<OutputStream, OutputSource>>>,
  { stdio, name }: Pick<ResolvedOptions, 'stdio' | 'name'>,
  workerId: number,
  listener: () => OutputListener,
): void {
  const targets = outputTargets(stdio);
  for (const stream of ['stdout', 'stderr'] as const) {
    const source = sources[stream];
    if (source === undefined) continue;
    const reporter = stdio === 'ignore' ? undefined : new LineReporter(source, stream, listener);
    forwardStream(source, targets[stream], `[${name}#${workerId}] `, reporter);
  }
}

const TAKEN = ['drain', errorMonitor, 'close'] as const;

const paused = new WeakMap<Writable, Set<Readable>>();

/**
 * Resumes a source once the target takes more, or fails: a closed pipe never drains, and workers must not wait. One listener per
 * target and event serves all workers that wait. The error stays the program's, which may not listen to it.
 */
function resumeWhenTaken(source: Readable, target: Writable): void {
  const waiting = paused.get(target);
  if (waiting !== undefined) {
    waiting.add(source);
    return;
  }
  const sources = new Set([source]);
  paused.set(target, sources);
  const resume = (): void => {
    for (const event of TAKEN) target.off(event, resume);
    paused.delete(target);
    for (const each of sources) each.resume();
  };
  for (const event of TAKEN) target.on(event, resume);
}

/**
 * Keeps the program alive until a pipe whose writer has ended is read. A process that the writer left behind may hold the pipe open
 * for ever. A while without news is therefore the end, too; waiting for a slow target does not count.
 */
export function readToTheEnd(pipe: OutputSource): void {
  if (pipe.closed) return;
  pipe.ref();
  const end = setInterval(() => {
    if (!pipe.isPaused() && !hasNews) pipe.destroy();
    hasNews = false;
  }, QUIET_MS).unref();
  let hasNews = true;
  pipe.on('data', () => (hasNews = true));
  pipe.once('close', () => clearInterval(end));
}

/** Keeps the last 8 KB of a stream. */
export class Tail {
  #chunks: Buffer[] = [];
  #bytes = 0;

  watch(source: Readable): void {
    source.on('data', (chunk: Buffer) => this.add(chunk));
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (
      let first = this.#chunks[0];
      first !== undefined && this.#bytes - first.length >= TAIL_BYTES;
      first = this.#chunks[0]
    ) {
      this.#bytes -= first.length;
      this.#chunks.shift();
    }
  }

  toString(): string {
    return Buffer.concat(this.#chunks).subarray(-TAIL_BYTES).toString();
  }
}
