import { isMainThread } from 'node:worker_threads';
import { MemoryMeter } from '../base/memory-meter.js';
import type { OpenSection } from '../base/open-section.js';

/** What runs in this worker beside one task. */
export interface WorkerActivity {
  /** Handler calls so far. */
  readonly calls: number;
  /** Whether other calls than that of this task have returned and are not over. */
  hasOthers(id: number): boolean;
}

/** Stands for other tasks at the begin of a section. It is no number of calls. */
const OTHERS = -1;

/**
 * Measures the growth of memory in sections, while a profiler asks for it. Growth is the section's own if no other task ran
 * meanwhile. Synchronous code always has the worker for itself.
 */
export class SectionMemory {
  isOn = false;
  activity: WorkerActivity | undefined;
  readonly #meter = new MemoryMeter(isMainThread);

  /** The last thing before the section's own code. */
  begin(section: OpenSection, id: number): void {
    if (!this.isOn) return;
    const { activity } = this;
    const work = activity?.hasOthers(id) === true ? OTHERS : (activity?.calls ?? 0);
    section.memory = this.#meter.mark(section.node.sums.latestMs, work);
  }

  /** The first thing after it. Does nothing for a section that began before `isOn`. */
  end(section: OpenSection, ms: number): void {
    const mark = section.memory;
    if (mark === undefined) return;
    const growth = this.#meter.growthSince(mark, ms);
    const wasAlone = mark.work === (this.activity?.calls ?? 0) || this.#meter.isSameStretch(mark);
    section.node.sums.grew(growth, !wasAlone);
  }
}
