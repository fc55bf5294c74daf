import { plural } from '@millpond/core/internal';
import type { InputSource, SourceItem } from './source.js';

/** Items written in the workload file itself. Ids are positions from 0. */
export function openItems(items: readonly unknown[]): InputSource {
  return {
    description: `${plural(items.length, 'item')} of the workload file`,
    total: items.length,
    files: [],
    async *items(): AsyncGenerator<SourceItem> {
      for (const [id, value] of items.entries()) yield { id, value };
    },
    close() {},
  };
}
