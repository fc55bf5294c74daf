import type { InputSource, SourceItem } from './source.js';

/** Whole numbers. Both ends belong to the range if the steps meet them. */
export interface RangeInput {
  from: number;
  to: number;
  /** Not 0, and leading from `from` to `to`. @defaultValue 1, or -1 when `to` is below `from` */
  step?: number;
}

/** A range of whole numbers, each its own id. */
export function openRange({ from, to, step = to < from ? -1 : 1 }: RangeInput): InputSource {
  const total = Math.floor((to - from) / step) + 1;
  return {
    description: `range ${from} to ${to}${Math.abs(step) === 1 ? '' : ` step ${step}`}`,
    total,
    files: [],
    async *items(): AsyncGenerator<SourceItem> {
      for (let index = 0; index < total; index++) {
        const value = from + index * step;
        yield { id: value, value };
      }
    },
    close() {},
  };
}
