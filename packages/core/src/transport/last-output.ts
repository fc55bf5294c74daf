import type { Readable } from 'node:stream';
import { hostNowMs } from '../base/clock.js';
import { process, setImmediate, setTimeout } from '../base/natives.js';

/*
 * Output of workers that is unread when the program has nothing more to do. Pipes and ports of workers do not keep the program
 * alive. It would end before the last lines of finished tasks are read. One listener for the whole program reads them first.
 */

/** A stream of a worker's output. */
export interface OutputSource extends Readable {
  ref(): unknown;
  unref(): unknown;
  /** Asks its writer for all output that it holds now. A source without this method has all of it in its pipe. */
  await?(): void;
  /** Whether some of that output is still to come. */
  readonly isAwaited?: boolean;
}

/** An output on its way to its target. */
export interface Outlet {
  readonly source: OutputSource;
  /** Whether it accepts nothing now. */
  readonly target: { readonly isFull: boolean };
  /** Passes on the beginning of a line that has no end yet. */
  endLine(): void;
}

interface Watched extends Outlet {
  /** Bytes that have arrived since the program had nothing more to do. */
  takenBytes: number;
  hasNews: boolean;
}

/** More than any pipe holds, which is 64 KiB on Linux, and 1 MiB at most by its settings. Output beyond this was printed later. */
const MOST_PIPE_BYTES = 1024 * 1024;
/** Most bytes that a writer holds; with more, it prints without end. A choice. */
const MOST_HELD_BYTES = 16 * 1024 * 1024;
/**
 * Time without news after which a writer that has more, or does not answer, is stuck. A choice: the end of a program may wait for
 * it.
 */
const STUCK_MS = 1000;
/** Time between looks at sources that give no events. A choice: the program may end later by that time. */
const LOOK_MS = 2;

interface Reading {
  newsAt: number;
}

const outlets = new Set<Watched>();
let mayHoldMore = false;
let reading: Reading | undefined;

/** Keeps the program from ending before this output is passed on, until the source closes. */
export function passOnAtTheEnd(outlet: Outlet): void {
  const watched: Watched = { ...outlet, takenBytes: 0, hasNews: false };
  const { source } = outlet;
  source.on('data', (chunk: Buffer) => {
    watched.takenBytes += chunk.length;
    watched.hasNews = true;
  });
  source.once('close', () => {
    outlets.delete(watched);
    if (outlets.size === 0) process.off('beforeExit', onBeforeExit);
  });
  if (outlets.size === 0) process.on('beforeExit', onBeforeExit);
  outlets.add(watched);
  mayHoldMore = true;
}

/** Notes that workers have been active, and may have printed. */
export function noteWorked(): void {
  mayHoldMore = true;
}

function onBeforeExit(): void {
  // The program waited for a target that nothing keeps it alive for: that target will never take more.
  if (reading !== undefined && state().isHeld) end();
  // Reading keeps the program alive; this runs again afterwards.
  if (reading === undefined && !mayHoldMore) return;
  mayHoldMore = false;
  if (reading === undefined) {
    for (const outlet of outlets) {
      outlet.takenBytes = 0;
      outlet.hasNews = false;
      outlet.source.await?.();
    }
    reading = { newsAt: hostNowMs() };
  }
  for (const { source } of outlets) source.ref();
  setImmediate(look);
}

/** Runs after a turn of the event loop, which has read all available output. */
function look(): void {
  if (reading === undefined) return;
  const now = hostNowMs();
  const { hasNews, isHeld, isAwaited } = state();
  if (hasNews || isHeld) reading.newsAt = now;
  if (isHeld) {
    // The target itself keeps the program alive for what it was given, if it ever takes it.
    for (const { source } of outlets) source.unref();
    setTimeout(lookAgain, LOOK_MS).unref();
    return;
  }
  if (hasNews) setImmediate(look);
  else if (!isAwaited || now - reading.newsAt > STUCK_MS) end();
  else setTimeout(look, LOOK_MS);
}

function lookAgain(): void {
  for (const { source } of outlets) source.ref();
  look();
}

/** Whether output has arrived since the last look, a target accepts nothing, or a writer has more. */
function state(): { hasNews: boolean; isHeld: boolean; isAwaited: boolean } {
  const now = { hasNews: false, isHeld: false, isAwaited: false };
  for (const outlet of outlets) {
    const { source, target, takenBytes } = outlet;
    const { isAwaited } = source;
    const counts = takenBytes < (isAwaited === undefined ? MOST_PIPE_BYTES : MOST_HELD_BYTES) && isAwaited !== false;
    now.hasNews ||= counts && outlet.hasNews;
    now.isHeld ||= counts && source.isPaused() && target.isFull;
    now.isAwaited ||= counts && isAwaited === true;
    outlet.hasNews = false;
  }
  return now;
}

function end(): void {
  reading = undefined;
  for (const { source, endLine } of outlets) {
    endLine();
    source.unref();
  }
}
