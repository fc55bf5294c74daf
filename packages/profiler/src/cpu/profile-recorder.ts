import type { CpuProfile, ProfileMessage } from '@millpond/core';
import type { CpuReport, HeapReport } from '../model/cpu.js';
import { CpuTotals } from './cpu-totals.js';
import type { Place } from './flame-tree.js';
import { FrameTable } from './frame-table.js';
import { HeapTotals } from './heap-totals.js';
import { SourceMaps } from './source-maps.js';

/** Workers with reports of their own. Later ones are in the merged report only. */
const MOST_WORKERS = 64;

/** A profile as V8 wrote it. */
export interface RawProfile {
  /** 0 is the program's main thread. */
  workerId: number;
  profile: CpuProfile;
}

/**
 * Profiles of one pool. Each is added up as it comes, so that memory does not grow with the length of a run. The latest one of each
 * worker is kept as it was, for exports.
 */
export class ProfileRecorder {
  /** Profiles that could not be read. */
  unread = 0;
  /** Stretches of labels that had no place. */
  droppedLabels = 0;
  readonly #table = new FrameTable();
  readonly #maps = new SourceMaps();
  readonly #originMs: number;
  readonly #allCpu: CpuTotals;
  readonly #cpu = new Map<number, CpuTotals>();
  readonly #allHeap = new HeapTotals(this.#table);
  readonly #heap = new Map<number, HeapTotals>();
  readonly #raw = new Map<number, CpuProfile>();

  /** @param originMs time from which the times of samples count, host clock */
  constructor(originMs: number) {
    this.#originMs = originMs;
    this.#allCpu = new CpuTotals(this.#table, originMs);
  }

  /** Adds a part of a profile. @param workerId 0 for the program's main thread, which is not part of the merged report */
  add({ workerId, part }: Pick<ProfileMessage, 'workerId' | 'part'>): void {
    try {
      this.#add(workerId, part);
    } catch {
      // A profile of another form: of another version, or written by a handler. The report says how many there were.
      this.unread++;
    }
  }

  /** Merged first, then each worker, then the main thread. Empty without profiles. */
  cpu(): CpuReport[] {
    const { placeOf } = this.#placed();
    const ofEach = Array.from(this.#cpu, ([workerId, totals]) => totals.toReport(workerId, placeOf));
    ofEach.sort((a, b) => orderOf(a) - orderOf(b));
    return this.#allCpu.isEmpty ? ofEach : [this.#allCpu.toReport(null, placeOf), ...ofEach];
  }

  heap(): HeapReport[] {
    if (this.#allHeap.isEmpty) return [];
    const { placeOf } = this.#placed();
    const ofEach = Array.from(this.#heap, ([workerId, totals]) => totals.toReport(workerId, placeOf));
    return [this.#allHeap.toReport(null, placeOf), ...ofEach.sort((a, b) => orderOf(a) - orderOf(b))];
  }

  /** The latest profile of each worker, for exports. */
  rawProfiles(): RawProfile[] {
    return Array.from(this.#raw, ([workerId, profile]) => ({ workerId, profile }));
  }

  #add(workerId: number, part: ProfileMessage['part']): void {
    if (part.kind === 'heap') {
      if (!(part.sampleBytes > 0)) throw new TypeError('It has no size of samples.');
      this.#allHeap.add(part.head, part.sampleBytes);
      this.#ofWorker(this.#heap, workerId, () => new HeapTotals(this.#table))?.add(part.head, part.sampleBytes);
      return;
    }
    const all = workerId === 0 ? undefined : this.#allCpu;
    const own = this.#ofWorker(this.#cpu, workerId, () => new CpuTotals(this.#table, this.#originMs));
    if (part.kind === 'lost') {
      const { fromMs, toMs, why, what } = part;
      if (what === 'cpu') for (const each of [all, own]) each?.addLost({ fromMs, toMs, why });
      return;
    }
    for (const each of [all, own]) each?.add(part.profile, part.labels);
    this.droppedLabels += part.labels.dropped;
    if (own !== undefined) this.#raw.set(workerId, part.profile);
  }

  #ofWorker<T>(map: Map<number, T>, workerId: number, make: () => T): T | undefined {
    const known = map.get(workerId);
    if (known !== undefined || (map.size >= MOST_WORKERS && workerId !== 0)) return known;
    const made = make();
    map.set(workerId, made);
    return made;
  }

  /** Places of frames, each looked up once for a report. */
  #placed(): { placeOf(this: void, frame: number): Place } {
    const known = new Map<number, Place>();
    const placeOf = (frame: number): Place => {
      let place = known.get(frame);
      if (place === undefined) {
        place = this.#maps.placeOf(this.#table.frames[frame] ?? { functionName: '', url: '', line: 0, column: 0 });
        known.set(frame, place);
      }
      return place;
    };
    return { placeOf };
  }
}

/** The main thread comes last. */
function orderOf({ workerId }: { workerId: number | null }): number {
  return workerId === 0 || workerId === null ? Infinity : workerId;
}
