import { plural, printable, shortName } from '@millpond/core/internal';
import type { Mark } from '../model/curves.js';
import { refuse, show } from '../options.js';

const MOST_MARKS = 1000;

/** Moments that the program has marked. */
export interface ProgramMarks {
  readonly list: readonly Mark[];
  /** What to say of those without a place. */
  remarks(): string[];
}

/** The moments that the program has marked: the first 1,000. */
export class Marks implements ProgramMarks {
  readonly list: Mark[] = [];
  /** Later ones, which have no place. */
  dropped = 0;
  readonly #startMs: number;

  /** @param startMs time from which they count */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  remarks(): string[] {
    return dropRemarks(this.dropped);
  }

  /** Those from a time on, counted from it. */
  since(fromMs: number): ProgramMarks {
    const [place, dropped, offsetMs] = [this.list.length, this.dropped, fromMs - this.#startMs];
    const later = () => this.list.slice(place).map((mark) => ({ ...mark, atMs: mark.atMs - offsetMs }));
    return {
      get list() {
        return later();
      },
      remarks: () => dropRemarks(this.dropped - dropped),
    };
  }

  /** @throws ERR_OPTION if the name is no string of at least one character, or the text none */
  add(name: string, text: string | undefined, nowMs: number): void {
    if (typeof name !== 'string' || name === '') {
      refuse('name', `must be a string of at least one character; received ${show(name)}.`);
    }
    if (text !== undefined && typeof text !== 'string') refuse('text', `must be a string; received ${show(text)}.`);
    if (this.list.length >= MOST_MARKS) {
      this.dropped++;
      return;
    }
    const parts = text === undefined ? [name] : [name, text];
    const line = parts.map((part) => printable(shortName(part))).join(': ');
    this.list.push({ atMs: nowMs - this.#startMs, what: 'mark', workerId: 0, text: line });
  }
}

function dropRemarks(dropped: number): string[] {
  return dropped === 0 ? [] : [`${plural(dropped, 'mark')} of the program had no place`];
}
