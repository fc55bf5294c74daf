import { queueMicrotask } from './natives.js';
import { residentBytes } from './resident-bytes.js';
import { getHeapStatistics } from './v8-natives.js';

/** Growth of memory, bytes; negative where more was freed. */
export interface MemoryGrowth {
  heapBytes: number;
  externalBytes: number;
  rssBytes: number;
}

/** Memory at one moment. */
export interface MemoryMark {
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Undefined if it was not read. */
  readonly rssBytes: number | undefined;
  /** Garbage of all readings up to this one. */
  readonly ownBytes: number;
  /** Stretch of synchronous code in which it was made. */
  readonly stretch: number;
  /** As given. */
  readonly work: number;
}

/**
 * Duration from which on a section's resident memory is read. A reading takes 20 µs on Linux, where Node opens a file for it. With
 * the shortest section it takes 0.4 % of the time.
 */
const RSS_FROM_MS = 10;

/**
 * Measures the growth of memory between two moments of one thread.
 *
 * The heap and the external memory are those of this thread alone. V8 gives them in 0.4 to 4 µs, and `process.memoryUsage()` in 17. A
 * reading leaves 600 bytes of garbage (Node 20 to 24). So each is subtracted, in whatever section it was made. Resident memory is that
 * of the whole process, so a thread does not read it. It is read around long sections only.
 */
export class MemoryMeter {
  readonly #hasOwnRss: boolean;
  /** Garbage of one reading. */
  #readingBytes: number | undefined;
  #ownBytes = 0;
  #stretch = 0;
  #isStretchKnown = false;

  /** @param hasOwnRss whether the resident memory of this process is that of this thread */
  constructor(hasOwnRss: boolean) {
    this.#hasOwnRss = hasOwnRss;
  }

  /**
   * Memory now.
   * @param latestMs duration of the latest section of this kind; undefined if unknown
   * @param work a number for what ran so far, to compare with later
   */
  mark(latestMs: number | undefined, work = 0): MemoryMark {
    const readingBytes = (this.#readingBytes ??= garbageOfReading());
    const stretch = this.#stretchNow();
    const readsRss = this.#hasOwnRss && (latestMs === undefined || latestMs >= RSS_FROM_MS);
    const rssBytes = readsRss ? residentBytes() : undefined;
    // Last: what comes before it allocates too.
    const { used_heap_size: heapBytes, external_memory: externalBytes } = getHeapStatistics();
    this.#ownBytes += readingBytes;
    // The garbage of this reading comes after its numbers, so it counts as growth of what follows.
    return { heapBytes, externalBytes, rssBytes, stretch, work, ownBytes: this.#ownBytes - readingBytes };
  }

  /** Growth since a mark. @param ms duration of the section */
  growthSince(mark: MemoryMark, ms: number): MemoryGrowth {
    const { used_heap_size: heapBytes, external_memory: externalBytes } = getHeapStatistics();
    const growth = {
      heapBytes: heapBytes - mark.heapBytes - (this.#ownBytes - mark.ownBytes),
      externalBytes: externalBytes - mark.externalBytes,
      rssBytes: mark.rssBytes !== undefined && ms >= RSS_FROM_MS ? residentBytes() - mark.rssBytes : 0,
    };
    this.#ownBytes += this.#readingBytes ?? 0;
    return growth;
  }

  /** Whether only synchronous code has run since a mark, so that the growth is surely its own. */
  isSameStretch(mark: MemoryMark): boolean {
    return mark.stretch === this.#stretch;
  }

  /** Number of the current stretch of synchronous code, which the next microtask ends. */
  #stretchNow(): number {
    if (!this.#isStretchKnown) {
      this.#isStretchKnown = true;
      queueMicrotask(() => {
        this.#isStretchKnown = false;
        this.#stretch++;
      });
    }
    return this.#stretch;
  }
}

/** The least of several: the collector may run between two readings. */
function garbageOfReading(): number {
  let least = Infinity;
  for (let sample = 0; sample < 8; sample++) {
    const before = getHeapStatistics().used_heap_size;
    const bytes = getHeapStatistics().used_heap_size - before;
    if (bytes >= 0) least = Math.min(least, bytes);
  }
  return Number.isFinite(least) ? least : 0;
}
