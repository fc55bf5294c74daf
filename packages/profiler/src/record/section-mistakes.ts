import type { SectionMistakes } from '@millpond/core';
import { plural } from '@millpond/core/internal';

/** Wrong uses of sections in the handlers of one pool, summed, for the remarks on the quality of the data. */
export class SectionMistakeSums {
  readonly #sums: SectionMistakes = { unbalanced: 0, example: '', badCounts: 0 };

  add({ unbalanced, example, badCounts }: SectionMistakes): void {
    this.#sums.unbalanced += unbalanced;
    this.#sums.badCounts += badCounts;
    if (this.#sums.example === '') this.#sums.example = example;
  }

  /** One sentence each. */
  remarks(pool: string): string[] {
    const { unbalanced, example, badCounts } = this.#sums;
    const remarks: string[] = [];
    if (unbalanced > 0) {
      remarks.push(
        `pool "${pool}": ${plural(unbalanced, 'section')} of ctx.open() had no end() and ended with their tasks, such as "${example}"`,
      );
    }
    if (badCounts > 0) {
      remarks.push(
        `pool "${pool}": ${plural(badCounts, 'call')} of ctx.count() had no finite number and counted nothing`,
      );
    }
    return remarks;
  }
}
