import { AsyncLocalStorage } from 'node:async_hooks';
import { hostNowMs } from '../base/clock.js';
import { isThenable } from '../base/is-thenable.js';
import { OpenSection } from '../base/open-section.js';
import type { SectionDelta, SectionMistakes } from '../contract/trace.js';
import type { TaskSection } from '../contract/worker-module.js';
import { HandSection, type SectionEnder } from './hand-section.js';
import { HandSections } from './hand-sections.js';
import { SectionMemory, type WorkerActivity } from './section-memory.js';
import type { SectionOwner } from './section-owner.js';
import { SectionTable, type SectionTotals } from './section-totals.js';

/** A section whose function runs, and the ones begun by hand in it. */
interface Running {
  readonly section: OpenSection<SectionTotals>;
  readonly spans: HandSection[];
}

/**
 * Times the sections of all tasks of this worker. Sums are kept per task name and path, and leave with the results. A million
 * sections therefore cost no more memory than one. A million names cost no more than some hundred: the rest are counted as
 * "(other)".
 *
 * The section of a function follows its own async calls (AsyncLocalStorage). So parallel sections of one handler do not nest by
 * accident. On Node 20 the first one makes every later await of this worker somewhat slower. Sections begun by hand are a stack
 * for each task, which needs no storage. A worker without sections pays nothing but one comparison a task.
 */
export class SectionRecorder implements SectionEnder {
  #running: AsyncLocalStorage<Running> | undefined;
  readonly #note: (path: string) => void;
  readonly #table = new SectionTable();
  readonly #dirty = new Set<SectionTotals>();
  readonly #byHand = new HandSections((span, hasFailed) => this.#close(span, hasFailed));
  readonly #memory = new SectionMemory();
  #mistakes: SectionMistakes | undefined;

  /** @param note gets the path of the open section, each time that changes */
  constructor(note: (path: string) => void) {
    this.#note = note;
  }

  /** Whether there is something to report. */
  get dirty(): boolean {
    return this.#dirty.size > 0 || this.#mistakes !== undefined;
  }

  /** Whether the growth of memory in sections is measured. A profiler asks for it. */
  get measuresMemory(): boolean {
    return this.#memory.isOn;
  }

  set measuresMemory(isOn: boolean) {
    this.#memory.isOn = isOn;
  }

  /** Sets who knows which other tasks run in this worker. */
  watch(activity: WorkerActivity): void {
    this.#memory.activity = activity;
  }

  run<T>(owner: SectionOwner, name: string, fn: () => T): T {
    const running = (this.#running ??= new AsyncLocalStorage());
    const section = this.#begin(owner, String(name));
    const within: Running = { section, spans: [] };
    this.#memory.begin(section, owner.id);
    let result: T;
    try {
      result = running.run(within, fn);
    } catch (error) {
      this.#endRunning(within, true);
      throw error;
    }
    section.returned(hostNowMs());
    if (!isThenable(result)) {
      this.#endRunning(within, false);
      return result;
    }
    // Ends before the caller's own continuation runs, because this one is attached first.
    return Promise.resolve(result).then(
      (value) => {
        this.#endRunning(within, false);
        return value;
      },
      (error: unknown) => {
        this.#endRunning(within, true);
        throw error;
      },
    ) as T;
  }

  /** Begins a section that the handler ends, or its task. */
  open(owner: SectionOwner, name: string): TaskSection {
    const text = String(name);
    const within = this.#running?.getStore();
    const stack = within?.section.hasEnded === false ? within : this.#byHand.stackOf(owner);
    const section = this.#begin(owner, text);
    const span = new HandSection(text, section, stack, this);
    this.#byHand.add(span);
    this.#memory.begin(section, owner.id);
    return span;
  }

  /** Adds to a counter of the innermost open section of a task, or of its name. */
  count(owner: SectionOwner, name: string, n: number): void {
    const totals = this.#innermost(owner)?.node ?? this.#table.of(owner.task);
    if (Number.isFinite(n) && totals.count(String(name), n)) this.#dirty.add(totals);
    else this.#mistake().badCounts++;
  }

  /** Closes what a task has left open. @param hasFailed whether it ended by an error */
  end(id: number, hasFailed: boolean): void {
    if (this.#byHand.isEmpty) return;
    this.#byHand.endTask(id, hasFailed);
  }

  /** Sums since the last call. */
  take(): SectionDelta[] {
    const now = hostNowMs();
    const deltas = Array.from(this.#dirty, (totals) => totals.take(now));
    this.#dirty.clear();
    return deltas;
  }

  /** Mistakes since the last call; undefined without any. */
  takeMistakes(): SectionMistakes | undefined {
    const mistakes = this.#mistakes;
    this.#mistakes = undefined;
    return mistakes;
  }

  endByHand(span: HandSection): number {
    const ms = this.#endSection(span.section, false);
    this.#byHand.remove(span);
    return ms;
  }

  openBeside(span: HandSection): string {
    const open = this.#byHand.openBeside(span);
    if (open.length === 0) return 'no other section of open() is open in this task.';
    const paths = open.slice(-5).map(({ section }) => `"${section.node.label}"`);
    return `open now: ${paths.join(', ')}.`;
  }

  #begin(owner: SectionOwner, name: string): OpenSection<SectionTotals> {
    const around = this.#innermost(owner);
    const node = (around?.node ?? this.#table.of(owner.task)).child(name);
    const section = new OpenSection(node, around, hostNowMs());
    this.#note(node.label);
    return section;
  }

  #endRunning(within: Running, hasFailed: boolean): void {
    if (within.spans.length > 0) this.#byHand.endStack(within, hasFailed);
    this.#endSection(within.section, hasFailed);
  }

  #endSection(section: OpenSection<SectionTotals>, hasFailed: boolean): number {
    const now = hostNowMs();
    this.#memory.end(section, now - section.beganMs);
    const { node, parent } = section;
    const ms = section.end(now, hasFailed);
    this.#dirty.add(node);
    this.#note(parent?.node.label ?? '');
    return ms;
  }

  /** Closes a section that a handler has left open. */
  #close(span: HandSection, hasFailed: boolean): void {
    span.closed(this.#endSection(span.section, hasFailed));
    if (hasFailed) return;
    const mistakes = this.#mistake();
    if (mistakes.unbalanced++ === 0) mistakes.example = span.section.node.label;
  }

  #mistake(): SectionMistakes {
    return (this.#mistakes ??= { unbalanced: 0, example: '', badCounts: 0 });
  }

  #innermost(owner: SectionOwner): OpenSection<SectionTotals> | undefined {
    // It may have ended: its promise was not awaited.
    const running = this.#running?.getStore();
    if (running !== undefined) return running.spans.at(-1)?.section ?? running.section;
    return this.#byHand.innermostOf(owner)?.section;
  }
}
