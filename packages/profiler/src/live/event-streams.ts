import type { ServerResponse } from 'node:http';
import { clearInterval, performance, process, setInterval } from '../natives.js';
import type { LiveSource, TrySlice } from './live-state.js';

/** Time between two states. */
const EVERY_MS = 100;
/** Time between two states while nothing changes: a browser sees that the program is there. */
const IDLE_EVERY_MS = 1_000;
/** A state costs at most this share of the main thread; with a larger one, states come more rarely. */
const SHARE = 0.05;
/** A browser that has read nothing for this long is let go. It comes back by itself, and then gets the latest state. */
const STUCK_MS = 3_000;
/**
 * Writes that Node has not finished keep a program alive, though their sockets do not. Standard streams and ports are always in
 * Node's list, so they do not count either. A mistake costs a stuck browser its connection.
 */
const NO_WORK: readonly string[] = [
  ...['WriteWrap', 'SimpleWriteWrap', 'ShutdownWrap'],
  ...['PipeWrap', 'TTYWrap', 'MessagePort'],
];

interface Stream {
  response: ServerResponse;
  /** Blocks up to here are sent. */
  cursor: number;
  /** Since when it takes nothing; undefined while it does. */
  fullSinceMs: number | undefined;
}

/**
 * Sends states to browsers, at most ten a second. There is one state for all. A browser that reads slowly misses states: the
 * next one that it gets is the latest. No timer runs without a browser.
 */
export class EventStreams {
  readonly #source: LiveSource;
  readonly #most: number;
  readonly #run: string;
  readonly #streams = new Set<Stream>();
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #sentMs = -Infinity;
  #lastText = '';

  /** @param run name of this server, by which a browser knows that its place in the stream is of another one */
  constructor(source: LiveSource, { most, run }: { most: number; run: string }) {
    this.#source = source;
    this.#most = most;
    this.#run = run;
  }

  get size(): number {
    return this.#streams.size;
  }

  get isFull(): boolean {
    return this.#streams.size >= this.#most;
  }

  /** Takes a response whose head is written. @param lastId as the browser got it last; '' for none */
  add(response: ServerResponse, lastId: string): void {
    const [run, cursor] = lastId.split('.');
    const stream: Stream = { response, cursor: run === this.#run ? Number(cursor) || 0 : 0, fullSinceMs: undefined };
    this.#streams.add(stream);
    response.on('drain', () => (stream.fullSinceMs = undefined));
    response.on('close', () => this.#remove(stream));
    // A browser that went away: 'close' follows.
    response.on('error', () => {});
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#tick(), EVERY_MS);
      this.#timer.unref();
    }
    this.#write(stream, 'retry: 1000\n\n');
    this.#sentMs = -Infinity;
    this.#dueMs = 0;
  }

  /** Says to each browser that this was all. */
  end(): void {
    for (const stream of this.#streams) {
      // Nothing may wait behind a browser that does not read.
      if (stream.fullSinceMs === undefined) stream.response.end('event: end\ndata: {}\n\n');
      else stream.response.destroy();
    }
    this.#streams.clear();
    this.#stopTimer();
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#stopTimer();
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const now = performance.now();
    this.#letGo(now);
    const open = [...this.#streams].filter(({ fullSinceMs }) => fullSinceMs === undefined);
    if (open.length === 0 || now < this.#dueMs) return;
    const { atMs, ...state } = this.#source.snapshot();
    const text = JSON.stringify(state);
    const slices = new Map<number, TrySlice>();
    for (const { cursor } of open) if (!slices.has(cursor)) slices.set(cursor, this.#source.tries(cursor));
    const hasChanged = text !== this.#lastText || [...slices.values()].some(({ blocks }) => blocks.length > 0);
    if (hasChanged || now - this.#sentMs >= IDLE_EVERY_MS) {
      const head = `{"atMs":${Math.round(atMs * 10) / 10},"state":${text},"tries":`;
      const tails = new Map([...slices].map(([cursor, slice]) => [cursor, `${JSON.stringify(slice)}}`]));
      for (const stream of open) {
        const { cursor } = slices.get(stream.cursor) ?? stream;
        const tail = tails.get(stream.cursor) ?? '';
        stream.cursor = cursor;
        this.#write(stream, `id: ${this.#run}.${cursor}\nevent: state\ndata: ${head}${tail}\n\n`);
      }
      this.#lastText = text;
      this.#sentMs = now;
    }
    this.#dueMs = now + (performance.now() - now) / SHARE;
  }

  #write(stream: Stream, text: string): void {
    if (!stream.response.write(text)) stream.fullSinceMs ??= performance.now();
  }

  /**
   * Lets go of browsers that do not read. A write that waits for one keeps the program alive. So all of them go as soon as nothing
   * else does.
   */
  #letGo(now: number): void {
    const full = [...this.#streams].filter(({ fullSinceMs }) => fullSinceMs !== undefined);
    if (full.length === 0) return;
    const isLast = process.getActiveResourcesInfo().every((name) => NO_WORK.includes(name));
    for (const { response, fullSinceMs } of full) {
      if (isLast || now - (fullSinceMs ?? now) > STUCK_MS) response.destroy();
    }
  }
}
