import type { HandSection, SectionStack } from './hand-section.js';
import type { SectionOwner } from './section-owner.js';

/** Most tasks with a section open. A worker runs fewer; the rest are of code that outlives its task. */
const MOST_TASKS = 4096;
/** Most sections open in one place. */
const MOST_OPEN = 1000;

interface TaskStack extends SectionStack {
  readonly id: number;
  /** Tasks that have not ended, where it is a call of several. */
  readonly rows: Set<number> | undefined;
}

/** The open sections that handlers have begun by hand. A task is in it only while it has one. */
export class HandSections {
  readonly #close: (span: HandSection, hasFailed: boolean) => void;
  readonly #byTask = new Map<number, TaskStack>();
  /** The same for the tasks of calls of several. */
  readonly #byRow = new Map<number, TaskStack>();

  /** @param close ends a section that its handler has left open */
  constructor(close: (span: HandSection, hasFailed: boolean) => void) {
    this.#close = close;
  }

  get isEmpty(): boolean {
    return this.#byTask.size === 0;
  }

  /** Where a task begins its sections outside of functions. */
  stackOf({ id, rows }: SectionOwner): SectionStack {
    let stack = this.#byTask.get(id);
    if (stack !== undefined) return stack;
    if (this.#byTask.size >= MOST_TASKS) this.#endOldest();
    const open = rows?.();
    stack = { id, spans: [], rows: open && new Set(open) };
    this.#byTask.set(id, stack);
    for (const row of open ?? []) this.#byRow.set(row, stack);
    return stack;
  }

  /** The section that a task has begun last, or the call of several that it belongs to. */
  innermostOf({ id }: SectionOwner): HandSection | undefined {
    if (this.isEmpty) return undefined;
    return this.#byTask.get(id)?.spans.at(-1) ?? this.#byRow.get(id)?.spans.at(-1);
  }

  add(span: HandSection): void {
    const { spans } = span.stack;
    const oldest = spans.length >= MOST_OPEN ? spans.shift() : undefined;
    spans.push(span);
    if (oldest !== undefined) this.#close(oldest, false);
  }

  /** Removes a section that was ended by hand. */
  remove(span: HandSection): void {
    const { stack } = span;
    const { spans } = stack;
    // Almost always the last one.
    const at = spans.lastIndexOf(span);
    if (at === spans.length - 1) spans.pop();
    else if (at >= 0) spans.splice(at, 1);
    if (spans.length === 0) this.#forget(stack);
  }

  /** The sections that are open now where another one was begun. */
  openBeside({ stack }: HandSection): readonly HandSection[] {
    const { id } = stack as Partial<TaskStack>;
    // A task without open sections has no stack any more, and gets a new one.
    return (id === undefined ? stack : (this.#byTask.get(id) ?? stack)).spans;
  }

  /** Closes the sections of a task that has ended. */
  endTask(id: number, hasFailed: boolean): void {
    const own = this.#byTask.get(id);
    if (own !== undefined) this.endStack(own, hasFailed);
    const call = this.#byRow.get(id);
    if (call === undefined) return;
    this.#byRow.delete(id);
    call.rows?.delete(id);
    if (call.rows?.size === 0) this.endStack(call, hasFailed);
  }

  /** Closes all sections of one place, the innermost first. */
  endStack(stack: SectionStack, hasFailed: boolean): void {
    for (const span of stack.spans.splice(0).reverse()) this.#close(span, hasFailed);
    this.#forget(stack);
  }

  #forget(stack: SectionStack): void {
    const { id, rows } = stack as Partial<TaskStack>;
    if (id === undefined || this.#byTask.get(id) !== stack) return;
    this.#byTask.delete(id);
    for (const row of rows ?? []) this.#byRow.delete(row);
  }

  #endOldest(): void {
    const [oldest] = this.#byTask.values();
    if (oldest !== undefined) this.endStack(oldest, false);
  }
}
