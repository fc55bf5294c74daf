import { describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { mapSettled, mapValues, type Settled } from '../../src/pool/map.js';
import { next, openMap, resolveAll, Source } from '../support/map-parts.js';
import { turn } from '../support/scripted-engine.js';

describe('leaving the loop early', () => {
  it('cancels what is under way and closes the source', async () => {
    const source = new Source(100);
    const { tasks, parts } = openMap(source);
    const seen: Settled[] = [];
    const loop = (async () => {
      for await (const result of mapSettled(parts)) {
        seen.push(result);
        break;
      }
    })();
    await turn();
    tasks.get(0)?.resolve('fine');
    await loop;
    expect(seen).toHaveLength(1);
    expect(source.isClosed).toBe(true);
    expect([1, 2, 3].map((input) => tasks.get(input)?.signal.aborted)).toEqual([true, true, true]);
    expect((tasks.get(1)?.signal.reason as Error).name).toBe('AbortError');
  });

  it('does not wait for a source that is in the middle of an answer, but closes it', async () => {
    let isClosed = false;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]() {
        let asked = 0;
        return {
          next: () => (asked++ === 0 ? Promise.resolve({ done: false, value: 0 }) : new Promise(() => {})),
          return() {
            isClosed = true;
            return new Promise(() => {});
          },
        };
      },
    };
    const { tasks, parts } = openMap(source);
    const results = mapValues(parts);
    const first = next(results);
    await turn();
    tasks.get(0)?.resolve('fine');
    await first;
    await results.return();
    expect(isClosed).toBe(true);
  });

  it('waits for a source that only a full queue keeps, and throws its error', async () => {
    let asked = 0;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: asked++ }),
        return: () => Promise.reject(new Error('the file cannot be closed')),
      }),
    };
    let rooms = 0;
    const { tasks, parts } = openMap(source, { room: () => (rooms++ < 2 ? undefined : new Promise(() => {})) });
    const results = mapValues(parts);
    const first = next(results);
    await turn();
    tasks.get(0)?.resolve('fine');
    await first;
    await expect(results.return()).rejects.toThrow('the file cannot be closed');
    expect(asked).toBe(1);
  });

  it('because the queue is closed for good closes the source, too', async () => {
    const source = new Source(100);
    let rooms = 0;
    const closed = new Error('the pool is closed');
    const { tasks, parts } = openMap(source, { room: () => (rooms++ === 0 ? undefined : Promise.reject(closed)) });
    const results = mapSettled(parts);
    const first = next(results);
    await turn();
    resolveAll(tasks);
    await first;
    await expect(results.next()).rejects.toBe(closed);
    expect(source.isClosed).toBe(true);
  });
});

describe('the end of the pool', () => {
  const closed = new Error('the pool is closed');

  it.each([true, false])(
    'throws its error after what was under way, and closes the source (ordered: %s)',
    async (ordered) => {
      const source = new Source(100);
      let end!: (error: unknown) => void;
      const onEnd = (callback: typeof end) => ((end = callback), () => {});
      const { tasks, parts } = openMap(source, { ordered, onEnd });
      const results = mapSettled(parts);
      const first = next(results);
      await turn();
      end(closed);
      for (const { reject } of tasks.values()) reject(closed);
      const statuses = [(await first).status];
      for (let n = 1; n < 4; n++) statuses.push((await next(results)).status);
      await expect(results.next()).rejects.toBe(closed);
      expect(statuses).toEqual(Array(4).fill('rejected'));
      expect([source.pulled, source.isClosed]).toEqual([4, true]);
    },
  );

  it('that came before submits nothing', async () => {
    const source = new Source(100);
    const onEnd = (callback: (error: unknown) => void) => (callback(closed), () => {});
    const { tasks, parts } = openMap(source, { onEnd });
    await expect(mapSettled(parts).next()).rejects.toBe(closed);
    expect([tasks.size, source.pulled]).toEqual([0, 0]);
  });

  it('is not listened for once the loop is over', async () => {
    let listening = 0;
    const onEnd = () => (listening++, () => void listening--);
    const { tasks, parts } = openMap([1], { onEnd });
    const results = mapSettled(parts);
    const first = next(results);
    await turn();
    expect(listening).toBe(1);
    resolveAll(tasks);
    await first;
    await results.next();
    expect(listening).toBe(0);
  });
});

describe('an abort of the whole iteration', () => {
  it('rejects with the reason while the source hangs', async () => {
    const hanging: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<number>>(() => {}) }),
    };
    const controller = new AbortController();
    const result = mapValues(openMap(hanging, { signal: controller.signal }).parts).next();
    await turn();
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
  });

  it('cancels the tasks under way and pulls no more', async () => {
    const source = new Source(100);
    const controller = new AbortController();
    const { tasks, parts } = openMap(source, { signal: controller.signal });
    const result = mapValues(parts).next();
    await turn();
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    expect([...tasks.values()].every(({ signal }) => signal.aborted)).toBe(true);
    expect([source.pulled, source.isClosed]).toEqual([4, true]);
  });

  it('counts for more than an error of the source that comes after it', async () => {
    const answer = deferred<IteratorResult<number>>();
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]() {
        let asked = 0;
        return { next: () => (asked++ === 0 ? Promise.resolve({ done: false, value: 0 }) : answer.promise) };
      },
    };
    const task = deferred<unknown>();
    const controller = new AbortController();
    const { parts } = openMap(source, { signal: controller.signal, submit: () => task.promise });
    const results = mapSettled(parts);
    const first = next(results);
    await turn();
    controller.abort(new Error('enough'));
    answer.reject(new Error('source broke'));
    await turn();
    task.resolve('fine');
    expect(await first).toMatchObject({ status: 'fulfilled' });
    await expect(results.next()).rejects.toThrow('enough');
  });

  it('that came before submits nothing', async () => {
    const source = new Source(100);
    const { tasks, parts } = openMap(source, { signal: AbortSignal.abort(new Error('never')) });
    await expect(mapSettled(parts).next()).rejects.toThrow('never');
    expect([tasks.size, source.pulled]).toEqual([0, 0]);
  });
});

describe('a million inputs', () => {
  it.each([true, false])('never hold more than the window at once (ordered: %s)', async (ordered) => {
    const COUNT = 1_000_000;
    const WINDOW = 64;
    let underWay = 0;
    let most = 0;
    let yielded = 0;
    const source = new Source(COUNT);
    const { parts } = openMap(source, {
      ordered,
      window: () => WINDOW,
      submit(input) {
        underWay++;
        most = Math.max(most, underWay - yielded);
        return Promise.resolve(input);
      },
    });
    let sum = 0;
    for await (const value of mapValues(parts)) {
      yielded++;
      sum += value as number;
    }
    expect([yielded, source.pulled, sum]).toEqual([COUNT, COUNT, (COUNT * (COUNT - 1)) / 2]);
    expect(most).toBeLessThanOrEqual(WINDOW);
  });
});
