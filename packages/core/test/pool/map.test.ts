import { describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { mapSettled, mapValues } from '../../src/pool/map.js';
import { collect, next, openMap, resolveAll, Source } from '../support/map-parts.js';
import { turn } from '../support/scripted-engine.js';

describe('the results', () => {
  it('come in the order of the inputs, however the tasks end', async () => {
    const { tasks, parts } = openMap([1, 2, 3]);
    const results = collect(mapValues(parts));
    await turn();
    for (const input of [3, 1, 2]) tasks.get(input)?.resolve(`result ${input}`);
    expect(await results).toEqual(['result 1', 'result 2', 'result 3']);
  });

  it('come as the tasks end when order does not matter', async () => {
    const { tasks, parts } = openMap([1, 2, 3], { ordered: false });
    const results = collect(mapSettled(parts));
    await turn();
    for (const input of [3, 1, 2]) {
      tasks.get(input)?.resolve(input);
      await turn();
    }
    expect((await results).map(({ index, input }) => [index, input])).toEqual([
      [2, 3],
      [0, 1],
      [1, 2],
    ]);
  });

  it.each([true, false])('tell of failures one by one with mapSettled (ordered: %s)', async (ordered) => {
    const { tasks, parts } = openMap(['a', 'b'], { ordered });
    const results = collect(mapSettled(parts));
    await turn();
    tasks.get('a')?.reject(new Error('broken'));
    tasks.get('b')?.resolve('fine');
    expect(await results).toEqual([
      { index: 0, input: 'a', status: 'rejected', reason: new Error('broken') },
      { index: 1, input: 'b', status: 'fulfilled', value: 'fine' },
    ]);
  });

  it('end at the first failure with mapValues, which cancels the rest and closes the source', async () => {
    const source = new Source(100);
    const { tasks, parts } = openMap(source);
    const results = mapValues(parts);
    const first = next(results);
    await turn();
    tasks.get(0)?.resolve('fine');
    tasks.get(1)?.reject(new Error('broken'));
    expect(await first).toBe('fine');
    await expect(results.next()).rejects.toThrow('broken');
    expect(source.isClosed).toBe(true);
    for (const input of [2, 3]) expect(tasks.get(input)?.signal.aborted).toBe(true);
  });

  it('are none for no inputs', async () => {
    for (const inputs of [[], (async function* () {})()]) {
      expect(await collect(mapValues(openMap(inputs).parts))).toEqual([]);
    }
  });
});

describe('the inputs', () => {
  it.each([true, false])(
    'are pulled only as results are taken, never beyond the window (ordered: %s)',
    async (ordered) => {
      const source = new Source(100);
      const { tasks, parts } = openMap(source, { ordered });
      const results = mapSettled(parts);
      expect(source.pulled).toBe(0);
      const first = next(results);
      await turn();
      expect(source.pulled).toBe(4);
      resolveAll(tasks);
      await first;
      await turn();
      expect(source.pulled).toBe(4);
      await next(results);
      await turn();
      expect(source.pulled).toBeLessThanOrEqual(6);
      await results.return();
    },
  );

  it('follow a window that changes', async () => {
    const source = new Source(100);
    let size = 1;
    const { tasks, parts } = openMap(source, { window: () => size });
    const results = mapSettled(parts);
    const first = next(results);
    await turn();
    expect(source.pulled).toBe(1);
    size = 5;
    resolveAll(tasks);
    await first;
    void results.next();
    await turn();
    expect(source.pulled).toBe(6);
  });

  it('wait for room in the queue', async () => {
    const source = new Source(100);
    let room = deferred<void>();
    const { parts } = openMap(source, { room: () => room.promise });
    void mapSettled(parts).next();
    await turn();
    expect(source.pulled).toBe(0);
    const waited = room;
    room = deferred();
    waited.resolve();
    await turn();
    expect(source.pulled).toBe(1);
  });

  it('may come slowly: what has a result is given out meanwhile', async () => {
    const gate = deferred<void>();
    async function* slow(): AsyncGenerator<number> {
      yield 1;
      await gate.promise;
      yield 2;
    }
    const { tasks, parts } = openMap(slow());
    const results = mapValues(parts);
    const first = next(results);
    await turn();
    tasks.get(1)?.resolve('one');
    expect(await first).toBe('one');
    const second = next(results);
    gate.resolve();
    await turn();
    tasks.get(2)?.resolve('two');
    expect(await second).toBe('two');
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it('are all given back before an error of the source is thrown', async () => {
    const source = new Source(10, 2);
    const { tasks, parts } = openMap(source);
    const results = mapValues(parts);
    const first = next(results);
    await turn();
    resolveAll(tasks);
    expect([await first, await next(results)]).toEqual(['result 0', 'result 1']);
    await expect(results.next()).rejects.toThrow('source broke at 2');
    expect(source.isClosed).toBe(true);
  });
});

describe('a source whose answer is no object', () => {
  it.each([
    ['at once', () => 5],
    ['at once, null', () => null],
    ['later', () => Promise.resolve(5)],
    ['later, undefined', () => Promise.resolve(undefined)],
  ])('ends the loop with a TypeError (%s), and is not closed', async (_, answer) => {
    let isClosed = false;
    const iterator = { next: answer, return: () => ((isClosed = true), { done: true, value: undefined }) };
    const inputs = { [Symbol.asyncIterator]: () => iterator } as unknown as AsyncIterable<number>;
    await expect(mapSettled(openMap(inputs).parts).next()).rejects.toThrow(TypeError);
    await expect(mapSettled(openMap(inputs).parts).next()).rejects.toThrow(/is not an object/);
    expect(isClosed).toBe(false);
  });

  it('ends at any done that counts as true', async () => {
    const inputs = {
      [Symbol.iterator]: () => ({ next: () => ({ done: 1, value: 7 }) }),
    } as unknown as Iterable<number>;
    expect(await collect(mapSettled(openMap(inputs).parts))).toEqual([]);
  });
});
