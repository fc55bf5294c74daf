import type { LineWriter } from '../output/line-writer.js';
import type { ItemLabel, Outcome } from '../output/result-line.js';
import { renderResult } from '../output/result-line.js';
import type { EventStream } from './events.js';
import type { Tally } from './tally.js';

/** Records each outcome in the result file or stream, the events, and the counts. */
export class Recorder {
  readonly #results: LineWriter | undefined;
  readonly #events: EventStream | undefined;
  readonly #tally: Tally;
  readonly #onFailed: () => void;

  /** @param onFailed called for each item that failed */
  constructor(results: LineWriter | undefined, events: EventStream | undefined, tally: Tally, onFailed: () => void) {
    this.#results = results;
    this.#events = events;
    this.#tally = tally;
    this.#onFailed = onFailed;
  }

  /**
   * Records one outcome. All of it is queued for writing when this returns, so calls keep their order without being awaited.
   * Awaiting the promise, if there is one, holds the caller back.
   * @throws the error of the output, if it cannot be written any more
   */
  record(label: ItemLabel, outcome: Outcome): void | Promise<void> {
    const { line, text } = renderResult(label, outcome);
    const written = this.#results?.write(text);
    const told = this.#events?.item(line, this.#results === undefined ? text : undefined);
    this.#tally.add(line);
    if (!line.ok) this.#onFailed();
    return written === undefined || told === undefined
      ? (written ?? told)
      : Promise.all([written, told]).then(() => {});
  }
}
