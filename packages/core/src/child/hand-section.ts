import type { OpenSection } from '../base/open-section.js';
import { PoolError } from '../contract/errors.js';
import type { TaskSection } from '../contract/worker-module.js';
import type { SectionTotals } from './section-totals.js';

/** Sections that were begun by hand in one place and have not ended, the outermost first. */
export interface SectionStack {
  readonly spans: HandSection[];
}

/** Ends sections of handlers, for their recorder. */
export interface SectionEnder {
  /** Returns the duration. */
  endByHand(section: HandSection): number;
  /** What is open in the same place, for a message. */
  openBeside(section: HandSection): string;
}

/** A section that a handler began with `ctx.open`, and ends by hand. */
export class HandSection implements TaskSection {
  readonly name: string;
  readonly section: OpenSection<SectionTotals>;
  readonly stack: SectionStack;
  readonly #ender: SectionEnder;
  #hasEnded = false;
  /** Its duration, once it was closed because its task ended. */
  #closedMs: number | undefined;

  constructor(name: string, section: OpenSection<SectionTotals>, stack: SectionStack, ender: SectionEnder) {
    this.name = name;
    this.section = section;
    this.stack = stack;
    this.#ender = ender;
  }

  end(): number {
    if (this.#hasEnded) {
      const reason = `has ended already. Call end() once per open(); ${this.#ender.openBeside(this)}`;
      throw new PoolError('ERR_SECTION', { section: this.name, reason });
    }
    this.#hasEnded = true;
    // Code that outlives its task may still end it. An error there would end the worker, and the mistake is counted.
    return this.#closedMs ?? this.#ender.endByHand(this);
  }

  /** Notes that it was closed for its handler. */
  closed(ms: number): void {
    this.#closedMs = ms;
  }

  [Symbol.dispose](): void {
    if (!this.#hasEnded) this.end();
  }
}
