import { AsyncLocalStorage } from 'node:async_hooks';
import { isMainThread } from 'node:worker_threads';
import { PoolError } from '@millpond/core';
import { isThenable, MemoryMeter } from '@millpond/core/internal';
import { show } from '../options.js';
import { type MeasuredSections, SectionLedger } from '../record/section-ledger.js';
import { ParentSection } from './parent-section.js';

/** A section begun with `start`. */
export interface Span extends Disposable {
  readonly name: string;
  /**
   * Ends it.
   * @returns its duration, ms
   * @throws ERR_SECTION if it has ended already, or a section inside it is still open
   */
  end(): number;
  /** Ends it together with all open sections inside it; does nothing if it has ended. For `using`. */
  [Symbol.dispose](): void;
}

/** The sections of the program, of the whole time or of a window of it. */
export interface ProgramSections {
  readonly ledger: MeasuredSections;
  /** Paths of the sections being timed at this moment. */
  openPaths(): (readonly string[])[];
}

/** Scope in which sections are opened: one call of `section`, or the top of the program. */
interface Scope {
  /** Undefined at the top, and once its function is done, so that no chain of scopes grows. */
  outer: Scope | undefined;
  /** The section whose function runs here; undefined at the top. */
  readonly owner: ParentSection | undefined;
  /** Begun with `start` here and not ended, outermost first. */
  readonly spans: ParentSection[];
}

/**
 * Times sections of the program that owns the pool.
 *
 * An AsyncLocalStorage knows the innermost section. So sections of functions that interleave at their awaits do not nest in each
 * other. Its `run` is cheap (some 15 ns on Node 20). Up to Node 22 it keeps its context with promise hooks. These slow down every
 * await of the process from the first `section` to `stop`. `await null` went from 53 to 165 ns on Node 20.20. A program that only
 * uses `start` and `end` never turns it on.
 */
export class ParentSections implements ProgramSections {
  readonly ledger = new SectionLedger();
  readonly #now: () => number;
  readonly #top: Scope = { outer: undefined, owner: undefined, spans: [] };
  readonly #open = new Set<ParentSection>();
  readonly #meter: MemoryMeter | undefined;
  #scopes: AsyncLocalStorage<Scope> | undefined;
  #stopped = false;

  /**
   * @param now milliseconds on any clock that does not go back
   * @param measuresMemory whether to measure the growth of memory in each section
   */
  constructor(now: () => number, measuresMemory = false) {
    this.#now = now;
    this.#meter = measuresMemory ? new MemoryMeter(isMainThread) : undefined;
  }

  section<T>(name: string, fn: () => T): T {
    if (typeof fn !== 'function') throw sectionError(name, `needs a function to time; received ${show(fn)}.`);
    const outer = this.#scope();
    const owner = this.#begin(name, outer);
    const scope: Scope = { outer, owner, spans: [] };
    this.#scopes ??= new AsyncLocalStorage();
    this.#mark(owner);
    let result: T;
    try {
      result = this.#scopes.run(scope, fn);
    } catch (error) {
      this.#cut(scope, true);
      throw error;
    }
    owner.returned(this.#now());
    if (!isThenable(result)) {
      this.#finish(scope);
      return result;
    }
    return Promise.resolve(result).then(
      (value) => {
        this.#finish(scope);
        return value;
      },
      (error: unknown) => {
        this.#cut(scope, true);
        throw error;
      },
    ) as T;
  }

  start(name: string): Span {
    const scope = this.#scope();
    const span = this.#begin(name, scope);
    scope.spans.push(span);
    const handle: Span = {
      name,
      end: () => this.#endSpan(span, scope),
      [Symbol.dispose]: () => {
        if (!span.hasEnded) this.#endFrom(scope, scope.spans.indexOf(span), false);
      },
    };
    this.#mark(span);
    return handle;
  }

  /** Returns the duration, ms; 0 once it has stopped. */
  end(name: string): number {
    if (this.#stopped) return 0;
    const scope = this.#scope();
    const span = scope.spans.findLast((open) => open.name === name);
    if (span === undefined) throw sectionError(name, this.#whyNotHere(name, scope));
    return this.#endSpan(span, scope);
  }

  openPaths(): (readonly string[])[] {
    return Array.from(this.#open, (open) => open.node.path);
  }

  /** The sections of a window that begins now, and ends with the next one. */
  beginWindow(): ProgramSections {
    return { ledger: this.ledger.beginWindow(this.#now()), openPaths: () => this.openPaths() };
  }

  /** Refuses new sections from here on. The ends of open ones are accepted, unchecked: their time is not used. */
  stop(): void {
    this.#stopped = true;
    this.#scopes?.disable();
  }

  #scope(): Scope {
    return this.#scopes?.getStore() ?? this.#top;
  }

  #begin(name: string, scope: Scope): ParentSection {
    if (typeof name !== 'string' || name === '')
      throw sectionError(name, 'needs a name that is a string of at least one character.');
    if (this.#stopped)
      throw sectionError(name, 'cannot be timed: this profiler has stopped. Make a new Profiler for the next run.');
    const parent = scope.spans.at(-1) ?? scope.owner;
    const section = new ParentSection(name, this.ledger.child(parent?.node, name), parent, this.#now());
    this.#open.add(section);
    return section;
  }

  /** The last thing before the section's own code. */
  #mark(section: ParentSection): void {
    if (this.#meter !== undefined) section.memory = this.#meter.mark(section.node.sums.latestMs);
  }

  #close(section: ParentSection, hasFailed: boolean): number {
    const nowMs = this.#now();
    const mark = section.memory;
    if (this.#meter !== undefined && mark !== undefined) {
      const growth = this.#meter.growthSince(mark, nowMs - section.beganMs);
      // Any code of the program may have run while it waited.
      section.node.sums.grew(growth, !this.#meter.isSameStretch(mark));
    }
    this.#open.delete(section);
    return section.end(nowMs, hasFailed);
  }

  #endSpan(span: ParentSection, scope: Scope): number {
    if (this.#stopped) return span.hasEnded ? 0 : this.#now() - span.beganMs;
    if (span.hasEnded)
      throw sectionError(span.name, `has ended already. Call end() once per start(); ${this.#openNow()}`);
    const inside = scope.spans[scope.spans.indexOf(span) + 1] ?? this.#childOf(span);
    if (inside !== undefined) throw sectionError(span.name, stillOpenInside(inside.name));
    return this.#endFrom(scope, scope.spans.length - 1, false);
  }

  /** Ends the spans of a scope from index `first` on, the innermost first. Returns the duration of the outermost. */
  #endFrom(scope: Scope, first: number, hasFailed: boolean): number {
    let ms = 0;
    for (const span of scope.spans.splice(first).reverse()) ms = this.#close(span, hasFailed);
    return ms;
  }

  /** Ends the section of a scope, and the spans that its function left open. @param hasFailed whether it threw */
  #cut(scope: Scope, hasFailed: boolean): void {
    this.#endFrom(scope, 0, hasFailed);
    scope.outer = undefined;
    if (scope.owner !== undefined) this.#close(scope.owner, hasFailed);
  }

  /** The function returned. A span that it left open is a mistake, which is reported after everything has been closed. */
  #finish(scope: Scope): void {
    const left = scope.spans.at(-1);
    this.#cut(scope, false);
    if (left === undefined || this.#stopped) return;
    throw sectionError(
      scope.owner?.name ?? '',
      `ended while "${left.name}", started inside it, was open. ` +
        `End "${left.name}" before the function returns, or time it with section("${left.name}", fn).`,
    );
  }

  #childOf(section: ParentSection): ParentSection | undefined {
    if (!section.hasOpenChildren) return undefined;
    for (const open of this.#open) if (open.parent === section) return open;
    return undefined;
  }

  #whyNotHere(name: string, scope: Scope): string {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      if (at.owner?.name === name)
        return 'is timed by section(), which ends it when its function is done. Remove this end().';
      if (at !== scope && at.spans.some((open) => open.name === name)) return stillOpenInside(scope.owner?.name ?? '');
    }
    return `was not started here, or has ended already. Call start("${name}") before end("${name}"); ${this.#openNow()}`;
  }

  #openNow(): string {
    const paths = this.openPaths()
      .slice(0, 5)
      .map((path) => `"${path.join(' › ')}"`);
    const more = this.#open.size > paths.length ? ` and ${this.#open.size - paths.length} more` : '';
    return paths.length === 0 ? 'no section is open now.' : `open now: ${paths.join(', ')}${more}.`;
  }
}

function stillOpenInside(child: string): string {
  return (
    `cannot end yet: "${child}" is still open inside it. End "${child}" first; ` +
    'work that interleaves at its awaits is kept apart by section(name, fn).'
  );
}

function sectionError(section: unknown, reason: string): PoolError {
  return new PoolError('ERR_SECTION', { section: String(section), reason });
}
