import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceItem } from '../src/input/source.js';
import { InputError } from '../src/input/source.js';
import type { RefusedItem } from '../src/run/feed.js';
import { Feed } from '../src/run/feed.js';

async function* from(items: readonly SourceItem[]): AsyncGenerator<SourceItem> {
  yield* items;
}
const good = (id: number): SourceItem => ({ id, value: `v${id}` });
const bad = (id: number): SourceItem => ({ id, problem: `p${id}` });

/** A source that gives one item and then nothing, without ever ending. */
function stuck(first: SourceItem): AsyncIterator<SourceItem> {
  let given = false;
  return {
    next: () => (given ? new Promise(() => {}) : ((given = true), Promise.resolve({ done: false, value: first }))),
  };
}

describe('a feed', () => {
  it('gives the values of good items and holds bad ones back until their turn', async () => {
    const told: RefusedItem[] = [];
    const feed = new Feed(from([bad(1), good(2), bad(3), bad(4), good(5)]), {
      keepValues: true,
      onRefused: (item) => void told.push(item),
    });
    const values = [];
    for await (const value of feed) values.push(value);
    expect(values).toEqual(['v2', 'v5']);
    expect(told).toEqual([{ index: 0, id: 1, problem: 'p1' }]);
    expect(feed.settle()).toEqual({
      item: { index: 1, id: 2, value: 'v2' },
      refused: [
        { index: 2, id: 3, problem: 'p3' },
        { index: 3, id: 4, problem: 'p4' },
      ],
    });
    expect(feed.settle()).toEqual({ item: { index: 4, id: 5, value: 'v5' }, refused: [] });
    expect(feed.exhausted).toBe(true);
  });

  it('names every item once and in order, whatever the mix and however far ahead it is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        async (kinds, window) => {
          const order: number[] = [];
          const feed = new Feed(from(kinds.map((isGood, id) => (isGood ? good(id) : bad(id)))), {
            onRefused: ({ index }) => void order.push(index),
          });
          let open = 0;
          const settle = (): void => {
            const { item, refused } = feed.settle();
            order.push(item.index, ...refused.map(({ index }) => index));
            open--;
          };
          for await (const _ of feed) if (++open >= window) settle();
          while (open > 0) settle();
          expect(order).toEqual(kinds.map((_, index) => index));
        },
      ),
    );
  });

  it('takes no more than its limit, bad items counted', async () => {
    const feed = new Feed(from([good(1), bad(2), good(3)]), { limit: 2, onRefused() {} });
    const values = [];
    for await (const value of feed) values.push(value);
    expect(values).toEqual(['v1']);
    expect(feed.taken).toBe(2);
    expect(feed.exhausted).toBe(false);
  });

  it('ends at once when stopped, even while it waits for an item', async () => {
    const feed = new Feed(stuck(good(1)), { onRefused() {} });
    const iterator = feed[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    feed.stop();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(feed.exhausted).toBe(false);
  });

  it('ends when reading fails, and says why', async () => {
    const feed = new Feed(
      (async function* (): AsyncGenerator<SourceItem> {
        yield good(1);
        throw new InputError('reading data failed');
      })(),
      { onRefused() {} },
    );
    for await (const _ of feed);
    expect(feed.error).toEqual(new InputError('reading data failed'));
  });

  it('reads no further while too many bad items wait behind a running one', async () => {
    let read = 0;
    const feed = new Feed(
      (async function* (): AsyncGenerator<SourceItem> {
        yield good(0);
        for (read = 1; read <= 30_000; read++) yield bad(read);
      })(),
      { onRefused() {} },
    );
    const iterator = feed[Symbol.asyncIterator]();
    await iterator.next();
    const end = iterator.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBe(10_000);
    expect(feed.settle().refused).toHaveLength(10_000);
    expect((await end).done).toBe(true);
    expect(read).toBe(30_001);
  });
});
