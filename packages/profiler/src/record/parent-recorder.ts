import { GcMeter } from '@millpond/core/internal';
import { clearInterval, eventLoopUtilization, memoryUsage, monitorEventLoopDelay, setInterval } from '../natives.js';

/** One look at the program's main thread. */
export interface ParentSample {
  /** Host clock, ms. */
  atMs: number;
  /** Share of time in which its event loop was active since the last look. */
  busyShare: number;
  /** Longest delay of the loop, and pauses of the collector since the last look, ms. */
  delayMaxMs: number;
  gcMs: number;
  rssBytes: number;
  heapBytes: number;
}

const EVERY_MS = 100;
/** Resolution of Node's own delay monitor. A finer one would wake the loop more often. */
const DELAY_RESOLUTION_MS = 20;
const NS_PER_MS = 1e6;

/**
 * Looks at the program's main thread ten times a second: event loop, collector, memory. Neither its timer nor its monitor keeps the
 * program alive.
 */
export class ParentRecorder {
  gcMs = 0;
  delayMaxMs = 0;
  /** Own time, ms. */
  ownMs = 0;
  readonly #now: () => number;
  readonly #onSample: (sample: ParentSample) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  #elu = eventLoopUtilization();
  readonly #gc = new GcMeter(memoryUsage().heapUsed);
  /** Delays of the windows before the present one, ms: the largest of each, for a percentile. */
  #worst: number[] = [];

  constructor(now: () => number, onSample: (sample: ParentSample) => void) {
    this.#now = now;
    this.#onSample = onSample;
    this.#delays.enable();
    this.#timer = setInterval(() => this.#look(), EVERY_MS).unref();
  }

  /** 99th percentile of the longest delays of its looks, ms. */
  get delayP99Ms(): number {
    const sorted = [...this.#worst].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
  }

  stop(): void {
    // What came after the last look.
    this.#look();
    clearInterval(this.#timer);
    this.#delays.disable();
    this.#gc.stop();
  }

  #look(): void {
    const atMs = this.#now();
    const elu = eventLoopUtilization();
    // Differences may be slightly negative (nodejs/node#40525).
    const active = Math.max(0, elu.active - this.#elu.active);
    const idle = Math.max(0, elu.idle - this.#elu.idle);
    this.#elu = elu;
    // The monitor counts its own period as delay.
    const delayMaxMs = Math.max(0, this.#delays.max / NS_PER_MS - DELAY_RESOLUTION_MS);
    this.#delays.reset();
    this.delayMaxMs = Math.max(this.delayMaxMs, delayMaxMs);
    this.#noteDelay(delayMaxMs);
    const { rss, heapUsed } = memoryUsage();
    const { gcMs } = this.#gc.read(atMs, heapUsed);
    const sample = {
      ...{ atMs, busyShare: active + idle > 0 ? active / (active + idle) : 0, delayMaxMs, gcMs: gcMs - this.gcMs },
      ...{ rssBytes: rss, heapBytes: heapUsed },
    };
    this.gcMs = gcMs;
    this.#onSample(sample);
    this.ownMs += this.#now() - atMs;
  }

  #noteDelay(ms: number): void {
    this.#worst.push(ms);
    // Bounded: of a long run the larger one of each pair stays.
    if (this.#worst.length === 4096) {
      this.#worst = Array.from({ length: 2048 }, (_, i) =>
        Math.max(this.#worst[2 * i] ?? 0, this.#worst[2 * i + 1] ?? 0),
      );
    }
  }
}
