import type { LabelTrack } from '@millpond/core';

/** Finds the label of a time in a track. Times may only rise. */
export class LabelCursor {
  readonly #track: LabelTrack;
  #at = -1;

  constructor(track: LabelTrack) {
    this.#track = track;
  }

  /** The label at this time; '' for none, and before the first stretch. */
  at(ms: number): string {
    const { atMs, label, names } = this.#track;
    while (this.#at + 1 < atMs.length && (atMs[this.#at + 1] ?? Infinity) <= ms) this.#at++;
    return this.#at < 0 ? '' : (names[label[this.#at] ?? 0] ?? '');
  }
}

const SECTION = ' › ';

/** The task of a label, and the path of its section. */
export function partsOfLabel(label: string): { task: string; section: string } {
  const at = label.indexOf(SECTION);
  return at < 0
    ? { task: label, section: '' }
    : { task: label.slice(0, at), section: label.slice(at + SECTION.length) };
}
