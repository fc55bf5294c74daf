import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CountsByTask } from '../../src/cache/cache-counts.js';
import { Entries } from '../../src/cache/entries.js';
import { lifetimeOf } from '../../src/cache/freshness.js';

const MAX = 12;
const MAX_BYTES = 12_000;
/** Bytes of an entry besides its own, as entries.ts counts them. */
const ENTRY_BYTES = 400;
const TASKS = ['a', 'b', 'c'] as const;
const TAGS = ['red', 'green', 'blue'] as const;
const LIFE = lifetimeOf({ ttlMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 }, 0, 0);

interface Kept {
  task: string;
  key: string;
  bytes: number;
  tags: readonly string[];
}

/** The same rules in a list, the least recently used first. */
class Model {
  list: Kept[] = [];
  evicted = 0;

  set(entry: Kept): boolean {
    this.drop((each) => each.task === entry.task && each.key === entry.key);
    const all = entry.bytes + ENTRY_BYTES;
    if (all > MAX_BYTES) return false;
    while (this.list.length >= MAX || this.bytes + all > MAX_BYTES) this.evict();
    this.list.push(entry);
    return true;
  }
  use(task: string, key: string): boolean {
    const at = this.list.findIndex((each) => each.task === task && each.key === key);
    if (at < 0) return false;
    this.list.push(...this.list.splice(at, 1));
    return true;
  }
  drop(is: (each: Kept) => boolean): number {
    const before = this.list.length;
    this.list = this.list.filter((each) => !is(each));
    return before - this.list.length;
  }
  evict(): void {
    this.list.shift();
    this.evicted++;
  }
  get bytes(): number {
    return this.list.reduce((sum, { bytes }) => sum + bytes + ENTRY_BYTES, 0);
  }
}

/** As `expect`, whose hundreds of thousands of calls would take longer than all the rest. */
function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

const key = fc.integer({ min: 0, max: 9 }).map((n) => `k${n}`);
const task = fc.constantFrom(...TASKS);
const operations = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), task, key, bytes: fc.integer({ min: 0, max: 13_000 }), tags: fc.subarray([...TAGS]) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('get' as const), task, key, isUse: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), task, key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tag' as const), tag: fc.constantFrom(...TAGS), task: fc.option(task, { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const) }) },
); // prettier-ignore

it('what is kept, its bytes, its counts and its tags agree with a model over 100,000 operations', () => {
  let count = 0;
  fc.assert(
    fc.property(fc.array(operations, { minLength: 2000, maxLength: 2000, size: 'max' }), (all) => {
      const counts = new CountsByTask();
      let gone = 0;
      const entries = new Entries({ max: MAX, maxBytes: MAX_BYTES, weak: false, ttlMs: 0, store: undefined, isWarm: false, version: undefined }, counts, () => void gone++); // prettier-ignore
      const model = new Model();
      let invalidated = 0;
      for (const each of all) {
        count++;
        if (each.do === 'set') {
          const entry = { task: each.task, key: each.key, bytes: each.bytes, tags: each.tags };
          const kept = { how: 'shared', value: 1 } as const;
          same(entries.set({ ...entry, kept, costMs: 0, life: LIFE }), model.set(entry));
        } else if (each.do === 'get') {
          const isThere = each.isUse
            ? model.use(each.task, each.key)
            : model.list.some((kept) => kept.task === each.task && kept.key === each.key);
          same(entries.get(each.task, each.key, each.isUse) !== undefined, isThere);
        } else if (each.do === 'delete') {
          const dropped = model.drop((kept) => kept.task === each.task && kept.key === each.key);
          invalidated += dropped;
          same(entries.delete(each.task, each.key, 'invalidated'), dropped === 1);
        } else if (each.do === 'tag') {
          const { tag, task: of } = each;
          const dropped = model.drop((kept) => kept.tags.includes(tag) && (of === undefined || kept.task === of));
          invalidated += dropped;
          same(entries.dropAll({ task: of, key: undefined, tag, fits: () => true }), dropped);
        } else {
          for (let half = model.list.length - (model.list.length >> 1); half > 0; half--) model.evict();
          entries.trim();
        }
        const { entries: kept, bytes, evictions } = counts.stats();
        same(kept, model.list.length);
        same(bytes, model.bytes);
        same(evictions.invalidated, invalidated);
      }
      const { evictions } = counts.stats();
      expect(evictions.max + evictions.bytes + evictions.memory).toBe(model.evicted);
      expect(gone).toBe(model.evicted + invalidated);
      expect(entries.hottest(MAX).map(({ task: of, key: by }) => `${of} ${by}`)).toEqual(
        model.list.map(({ task: of, key: by }) => `${of} ${by}`).toReversed(),
      );
      entries.clear();
      expect(counts.stats()).toMatchObject({ entries: 0, bytes: 0 });
      for (const tag of TAGS)
        expect(entries.dropAll({ task: undefined, key: undefined, tag, fits: () => true })).toBe(0);
    }),
    { numRuns: 50 },
  );
  expect(count).toBeGreaterThanOrEqual(100_000);
});
