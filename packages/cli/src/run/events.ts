import type { LineWriter } from '../output/line-writer.js';
import type { ResultLine } from '../output/result-line.js';
import type { ProgressView } from '../progress/render.js';
import type { RunReport } from './report.js';

/** Version of the events. It grows if a field changes its meaning or is removed, not if one is added. */
export const EVENT_VERSION = 1;

export interface StartEvent {
  v: typeof EVENT_VERSION;
  type: 'start';
  /** ISO 8601. */
  time: string;
  name: string;
  worker: string;
  task: string;
  /** Items that will be taken; null if unknown. */
  total: number | null;
  /** Path of the result file; null if results are in the item events. */
  output: string | null;
}

/** A result line. It has `value` and `input` only without a result file. */
export type ItemEvent = { v: typeof EVENT_VERSION; type: 'item' } & ResultLine;

export interface ProgressEvent {
  v: typeof EVENT_VERSION;
  type: 'progress';
  done: number;
  failed: number;
  total: number | null;
  ratePerS: number;
  etaMs: number | null;
  elapsedMs: number;
  workers: { alive: number; busy: number };
}

export interface EndEvent extends Omit<RunReport, 'restUnread'> {
  v: typeof EVENT_VERSION;
  type: 'end';
}

/** Writes the events of `--json`: one JSON object a line. */
export class EventStream {
  readonly #writer: LineWriter;

  constructor(writer: LineWriter) {
    this.#writer = writer;
  }

  start(event: Omit<StartEvent, 'v' | 'type'>): void {
    void this.#write({ type: 'start', ...event });
  }

  /** @param text the result line as text, if the event is to carry all of it */
  item(line: ResultLine, text: string | undefined): void | Promise<void> {
    if (text !== undefined) return this.#writer.write(`{"v":${EVENT_VERSION},"type":"item",${text.slice(1)}`);
    const { index, id, ok } = line;
    return this.#write({ type: 'item', index, id, ok, ...(line.ok ? {} : { error: line.error }) });
  }

  progress(view: ProgressView): void {
    const { done, failed, total, ratePerS, etaMs, elapsedMs, workers } = view;
    void this.#write({
      type: 'progress',
      done,
      failed,
      total: total ?? null,
      ratePerS,
      etaMs: etaMs ?? null,
      elapsedMs,
      workers,
    });
  }

  end(report: RunReport): void {
    const { restUnread: _, ...told } = report;
    void this.#write({ type: 'end', ...told });
  }

  /** Awaiting the promise, if any, holds the caller back; it never rejects. @throws if standard output cannot be written */
  #write(event: object): void | Promise<void> {
    return this.#writer.write(JSON.stringify({ v: EVENT_VERSION, ...event }));
  }
}
