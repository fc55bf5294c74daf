import type { LabelTrack } from '../../contract/profile-messages.js';

/** Most stretches of one track: 1.2 MB as numbers. */
const MOST_STRETCHES = 100_000;
/** Number of stretches from which gaps between equal ones are closed. */
const MANY = MOST_STRETCHES / 2;
/** Longest gap that is closed then, ms. It is far shorter than the time between two samples. */
const SHORT_MS = 0.05;
/** Most names: a program may name sections after its data. The rest go by the name of the task alone. */
const MOST_NAMES = 1000;
const SECTION = ' › ';

/**
 * What a thread runs, as a track of stretches of time. It is written by the clock of the samples, so that each sample finds its task
 * and section.
 */
export class LabelWriter {
  #names: string[] = [''];
  #index = new Map<string, number>([['', 0]]);
  #atMs: number[] = [];
  #label: number[] = [];
  #dropped = 0;
  #now = 0;

  /** Whether a new track is due soon. */
  get isNearlyFull(): boolean {
    return this.#atMs.length > MOST_STRETCHES * 0.8;
  }

  /** @param task '' for none @param section '' for none */
  set(atMs: number, task: string, section: string): void {
    const label = task === '' ? 0 : this.#labelOf(task, section);
    if (label === this.#now) return;
    this.#now = label;
    const { length } = this.#atMs;
    if (length >= MANY && this.#closesGap(atMs, label)) return;
    if (length >= MOST_STRETCHES) {
      this.#dropped++;
      return;
    }
    this.#atMs.push(atMs);
    this.#label.push(label);
  }

  /** The track so far; the next one begins with the present label at this time. */
  take(atMs: number): LabelTrack {
    const track = { names: this.#names, atMs: this.#atMs, label: this.#label, dropped: this.#dropped };
    const name = this.#names[this.#now] ?? '';
    this.#names = name === '' ? [''] : ['', name];
    this.#index = new Map(this.#names.map((each, at) => [each, at]));
    this.#now = this.#names.length - 1;
    this.#atMs = [atMs];
    this.#label = [this.#now];
    this.#dropped = 0;
    return track;
  }

  /** Takes back the last stretch if it was a short gap between two of this label. */
  #closesGap(atMs: number, label: number): boolean {
    const last = this.#atMs.length - 1;
    if (this.#label[last - 1] !== label || atMs - (this.#atMs[last] ?? 0) > SHORT_MS) return false;
    this.#atMs.pop();
    this.#label.pop();
    return true;
  }

  #labelOf(task: string, section: string): number {
    const name = section === '' ? task : task + SECTION + section;
    const known = this.#index.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= MOST_NAMES) return section === '' ? 0 : this.#labelOf(task, '');
    this.#index.set(name, this.#names.push(name) - 1);
    return this.#names.length - 1;
  }
}
