// Sums up a run.
import { formatBytes, formatCount, formatDuration } from './format.mjs';

const SLOWEST = 3;
const FAILURES_SHOWN = 20;

/** Sums over the records of a run. Keeps no record but the slowest and the failed ones. */
export class Summary {
  failures = [];
  /** What the profiler says of the run; undefined before its end. */
  verdict;
  #planned;
  #files = 0;
  #bytes = 0;
  #compressedBytes = 0;
  #doneBytes = 0;
  #executionMs = 0;
  #slowest = [];
  #startMs = performance.now();
  #wallMs;

  constructor(sources) {
    this.#planned = { files: sources.length, bytes: sources.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Number and size of all files. */
  get plan() {
    return `${formatCount(this.#planned.files, 'file')}, ${formatBytes(this.#planned.bytes)}`;
  }

  /** Number of files that are done. */
  get count() {
    return `${(this.#files + this.failures.length).toLocaleString('en')} of ${formatCount(this.#planned.files, 'file')}`;
  }

  /** Adds the record of one source: the worker's record, or one with an `error`. */
  add(source, record) {
    this.#doneBytes += source.bytes;
    if (record.error !== undefined) {
      this.failures.push(record);
      return;
    }
    this.#files++;
    this.#bytes += record.bytes;
    this.#compressedBytes += record.compressedBytes;
    this.#executionMs += record.ms;
    this.#slowest = [...this.#slowest, record].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  }

  /** Stops the clock: the last result is in. */
  end() {
    this.#wallMs = performance.now() - this.#startMs;
  }

  /** One line about the run so far. By bytes, because the largest files come first. */
  progress(workers) {
    const share = Math.floor((this.#doneBytes / this.#planned.bytes) * 100);
    const seconds = (performance.now() - this.#startMs) / 1000;
    const rate = `${formatBytes(this.#doneBytes / seconds)}/s`;
    const failed = this.failures.length === 0 ? '' : ` · ${this.failures.length} failed`;
    return `${share}% · ${this.count} · ${rate} · ${formatCount(workers, 'worker')}${failed}`;
  }

  toText() {
    const wallMs = this.#wallMs;
    const ratio = this.#files === 0 ? '' : ` (ratio ${(this.#bytes / this.#compressedBytes).toFixed(2)})`;
    const slowest = this.#slowest.map(
      ({ path, bytes, ms }) => `  ${formatDuration(ms)}  ${path} (${formatBytes(bytes)})`,
    );
    return [
      `${formatCount(this.#files, 'file')}: ${formatBytes(this.#bytes)} → ${formatBytes(this.#compressedBytes)}${ratio}`,
      `wall time ${formatDuration(wallMs)} for ${formatDuration(this.#executionMs)} of work: speed-up ${(this.#executionMs / wallMs).toFixed(2)}`,
      ...(slowest.length === 0 ? [] : ['slowest:', ...slowest]),
      ...(this.verdict === undefined ? [] : [`verdict: ${this.verdict.sentence}`, `next: ${this.verdict.step}`]),
      ...this.#failureLines(),
    ].join('\n');
  }

  #failureLines() {
    const more = this.failures.length - FAILURES_SHOWN;
    const lines = this.failures.slice(0, FAILURES_SHOWN).map(({ path, error }) => `  ${path}: ${error}`);
    if (lines.length === 0) return [];
    return [
      `${formatCount(this.failures.length, 'file')} failed:`,
      ...lines,
      ...(more > 0 ? [`  … and ${more} more`] : []),
    ];
  }
}
