import { hostNowMs } from '../../base/clock.js';
import { messageOf } from '../../base/message-of.js';
import type { ProfileTerms } from '../../contract/profile-messages.js';
import { FRAME, type WorkerChannel } from '../../wire/frame.js';
import type { MeasuredMessage } from '../../wire/messages.js';
import { loadProfiler } from './load-profiler.js';
import type { ProfiledHost, ProfiledTasks } from './profiled-worker.js';
import type { ProfileSwitch, TaskHooks } from './task-hooks.js';
import type { WorkerProfiler } from './worker-profiler.js';

/** Sections whose growth of memory is measured on demand. */
interface MeasuredSections {
  measuresMemory: boolean;
}

/**
 * The profiler of a worker, once one is wanted. Its code is a file of its own, which loads with the first terms. Nothing here
 * throws: a worker goes on without a profiler that fails, and says so.
 */
export class Profiling implements ProfileSwitch {
  /** A field, since it is read for each task. */
  hooks: TaskHooks | undefined;
  isSampled = false;
  readonly #channel: WorkerChannel;
  readonly #host: ProfiledHost;
  #profiler: WorkerProfiler | undefined;
  #tasks: ProfiledTasks | undefined;
  #sections: MeasuredSections | undefined;
  #isOn = false;
  #hasEnded = false;

  constructor(channel: WorkerChannel, host: ProfiledHost) {
    this.#channel = channel;
    this.#host = host;
  }

  /** Takes the terms that hold from now on; undefined ends the profiling. */
  apply(terms: ProfileTerms | undefined): void {
    if (this.#hasEnded) return;
    this.#isOn = terms !== undefined && terms.level !== 'stats';
    this.isSampled ||= terms?.level === 'cpu';
    if (this.#sections !== undefined) this.#sections.measuresMemory = this.#isOn;
    this.#guarded(terms, () => {
      if (terms === undefined) {
        this.hooks = undefined;
        this.#profiler?.stop();
        this.#profiler = undefined;
        return;
      }
      if (this.#profiler === undefined) {
        const send = (message: MeasuredMessage): void => void this.#channel.send(FRAME.measured, message);
        this.#profiler = loadProfiler().openProfiler({ ...this.#host, send });
        if (this.#tasks !== undefined) this.#profiler.serve(this.#tasks);
      }
      this.#profiler.apply(terms);
      this.hooks = this.#profiler.hooks;
    });
  }

  /** These sections measure memory while a profiler of level 'trace' or 'cpu' wants it. */
  watch(sections: MeasuredSections): void {
    this.#sections = sections;
    sections.measuresMemory = this.#isOn;
  }

  /** Its module is loaded: these are its tasks. */
  serve(tasks: ProfiledTasks): void {
    this.#tasks = tasks;
    this.#profiler?.serve(tasks);
  }

  /** Tasks have come. */
  keepComing(): void {
    this.#profiler?.keepComing();
  }

  /** Sends all that was measured so far. */
  measure(): void {
    this.#guarded(undefined, () => this.#profiler?.measure());
  }

  /** Sends the last measurements: the worker ends. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.hooks = undefined;
    this.#guarded(undefined, () => this.#profiler?.end());
  }

  /** Does what must not end the worker if it fails. */
  #guarded(terms: ProfileTerms | undefined, act: () => void): void {
    try {
      act();
    } catch (error) {
      // The worker serves its tasks all the same. A report shows why it has no profile of this worker.
      this.hooks = undefined;
      const now = hostNowMs();
      const what = terms?.heap === true && terms.level !== 'cpu' ? 'heap' : 'cpu';
      const part = { kind: 'lost', what, fromMs: now, toMs: now, why: messageOf(error) } as const;
      this.#channel.send(FRAME.measured, { part });
    }
  }
}
