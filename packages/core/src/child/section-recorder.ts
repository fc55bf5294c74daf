import { AsyncLocalStorage } from 'node:async_hooks';
import { hostNowMs } from '../base/clock.js';
import { Histogram } from '../base/histogram.js';
import type { SectionDelta } from '../contract/trace.js';

/** An open section: its place in the tree, and what of its time was its own so far. */
interface OpenSection {
  readonly totals: SectionTotals;
  readonly parent: OpenSection | undefined;
  /** Sections open inside it now. */
  children: number;
  /** Time with none open inside, ms, up to `aloneSince`. */
  selfMs: number;
  aloneSince: number;
}

interface SectionTotals {
  /** The path as text. */
  label: string;
  path: readonly string[];
  task: string;
  selfMs: number;
  readonly histogram: Histogram;
  children: Map<string, SectionTotals>;
}

/**
 * Times the sections of all tasks of this worker. Sums are kept per task name and path and leave with the results, so
 * a million sections cost no more memory than one.
 *
 * The open section follows its own async calls (AsyncLocalStorage), so parallel sections of one handler do not nest
 * by accident. On Node 20 the first section makes every later await of this worker somewhat slower; a worker that
 * times no section pays nothing.
 */
export class SectionRecorder {
  #open: AsyncLocalStorage<OpenSection> | undefined;
  readonly #note: (path: string) => void;
  readonly #byTask = new Map<string, Map<string, SectionTotals>>();
  readonly #dirty = new Set<SectionTotals>();

  /** @param note told the path of the section that is open, each time another one is */
  constructor(note: (path: string) => void) {
    this.#note = note;
  }

  /** Whether there is something to report. */
  get dirty(): boolean {
    return this.#dirty.size > 0;
  }

  run<T>(task: string, name: string, fn: () => T): T {
    const open = (this.#open ??= new AsyncLocalStorage());
    const parent = open.getStore();
    const begin = hostNowMs();
    const totals = this.#totals(task, parent?.totals, name);
    const section: OpenSection = { totals, parent, children: 0, selfMs: 0, aloneSince: begin };
    if (parent !== undefined && parent.children++ === 0) parent.selfMs += begin - parent.aloneSince;
    this.#note(totals.label);
    let result: T;
    try {
      result = open.run(section, fn);
    } catch (error) {
      this.#end(section, begin);
      throw error;
    }
    if (!isPromise(result)) {
      this.#end(section, begin);
      return result;
    }
    // Ends before the caller's own continuation runs, because this one is attached first.
    return result.then(
      (value) => {
        this.#end(section, begin);
        return value;
      },
      (error: unknown) => {
        this.#end(section, begin);
        throw error;
      },
    ) as T;
  }

  /** What was timed since the last call. */
  take(): SectionDelta[] {
    const deltas = [...this.#dirty].map((totals) => {
      const { path, task, selfMs, histogram } = totals;
      const { count, sum, min, max } = histogram;
      const counts = histogram.toCounts();
      totals.selfMs = 0;
      histogram.clear();
      return { path, task, count, totalMs: sum, selfMs, minMs: min, maxMs: max, counts };
    });
    this.#dirty.clear();
    return deltas;
  }

  #end(section: OpenSection, begin: number): void {
    const now = hostNowMs();
    const { totals, parent } = section;
    totals.histogram.record(now - begin);
    totals.selfMs += section.selfMs + (section.children === 0 ? now - section.aloneSince : 0);
    this.#dirty.add(totals);
    this.#note(parent?.totals.label ?? '');
    if (parent !== undefined && --parent.children === 0) parent.aloneSince = now;
  }

  #totals(task: string, parent: SectionTotals | undefined, name: string): SectionTotals {
    let siblings = parent?.children ?? this.#byTask.get(task);
    if (siblings === undefined) this.#byTask.set(task, (siblings = new Map<string, SectionTotals>()));
    let totals = siblings.get(name);
    if (totals === undefined) {
      const path = [...(parent?.path ?? []), name];
      totals = { label: path.join(' › '), path, task, selfMs: 0, histogram: new Histogram(), children: new Map() };
      siblings.set(name, totals);
    }
    return totals;
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise || typeof (value as PromiseLike<unknown> | null)?.then === 'function';
}
