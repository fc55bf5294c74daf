import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CacheStore } from '../../src/contract/cache-store.js';
import { type Asks, NO_RETRY, openCache } from '../support/cached-calls.js';

const KEYS = ['a', 'b', 'c'] as const;

/** Some of its answers come at once, the others a turn later. */
class FitfulStore implements CacheStore {
  readonly #records = new Map<string, Uint8Array>();
  #calls = 0;
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    return this.#maybeLater(() => this.#records.get(key)) as Uint8Array | undefined;
  }
  set(key: string, record: Uint8Array): unknown {
    const own = Uint8Array.from(record);
    return this.#maybeLater(() => this.#records.set(key, own));
  }
  delete(key: string): unknown {
    return this.#maybeLater(() => this.#records.delete(key));
  }
  clear(): unknown {
    return this.#maybeLater(() => this.#records.clear());
  }
  #maybeLater(call: () => unknown): unknown {
    return ++this.#calls % 3 === 0 ? call() : new Promise((resolve) => setImmediate(() => resolve(call())));
  }
}

interface Value {
  key: string;
  /** How often the key had been invalidated when its execution began. */
  epoch: number;
}

const key = fc.constantFrom(...KEYS);
const delay = fc.integer({ min: 1, max: 60 });
const operation = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      key,
      timeoutMs: fc.option(delay),
      queueMs: fc.option(delay),
      deadlineMs: fc.option(delay),
      refresh: fc.boolean(),
      hasSignal: fc.boolean(),
      attempts: fc.constantFrom(0, 0, 1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('begin', 'finish', 'fail', 'abort'), which: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: delay }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('delete', 'by tag', 'clear'), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const) }) },
);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it.each([
  ['without a store', false],
  ['with a store', true],
])('each call ends once, within its own key, and with nothing from before it was dropped, %s', async (_, hasStore) => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 120, maxLength: 120, size: 'max' }), async (all) => {
      const { cache, call, clock, executions, inputs } = openCache({
        max: 2,
        all: { key: String, tags: (input) => [`tag ${String(input)}`], ttlMs: 40, staleWhileRevalidateMs: 20, staleIfErrorMs: 60, refreshAhead: true }, // prettier-ignore
        ...(hasStore && { store: new FitfulStore() }),
      });
      const epochs = new Map<string, number>(KEYS.map((each) => [each, 0]));
      const epochOf = (each: string): number => epochs.get(each) as number;
      const begunIn: number[] = [];
      const ended = new Set<number>();
      const controllers: AbortController[] = [];
      const calls: Promise<void>[] = [];
      let settled = 0;
      /** Notes in which epoch each execution has begun: none begins in between. */
      const note = (): void => {
        while (begunIn.length < executions.length) begunIn.push(epochOf(String(inputs[begunIn.length])));
      };
      const check = (of: string, since: number, value: Value): void => {
        settled++;
        expect(value.key).toBe(of);
        expect(value.epoch).toBeGreaterThanOrEqual(since);
        // A caller may do with it what it wants.
        value.key = 'changed';
        value.epoch = -1;
      };
      const end = (at: number, fails: boolean): void => {
        note();
        const execution = executions[at];
        if (execution === undefined || ended.has(at)) return;
        ended.add(at);
        if (execution.signal.aborted) execution.end.reject(execution.signal.reason);
        else if (fails) execution.end.reject(new Error('down'));
        else execution.end.resolve({ value: { key: inputs[at], epoch: begunIn[at] }, costMs: 5 });
      };
      const drop = (each: string, by: () => unknown): void => {
        note();
        by();
        epochs.set(each, epochOf(each) + 1);
      };
      for (const each of all) {
        if (each.do === 'call') {
          const controller = new AbortController();
          if (each.hasSignal) controllers.push(controller);
          const at = clock.now();
          const asks: Asks = {
            refresh: each.refresh,
            retry: { ...NO_RETRY, attempts: each.attempts },
            signal: each.hasSignal ? controller.signal : undefined,
            timeoutMs: each.timeoutMs ?? Infinity,
            queueUntilMs: at + (each.queueMs ?? Infinity),
            deadlineMs: at + (each.deadlineMs ?? Infinity),
          };
          const since = epochOf(each.key);
          calls.push(
            call(asks, each.key).then(
              (value) => check(each.key, since, value as Value),
              (error: unknown) => {
                settled++;
                const { code, message } = error as { code?: string; message?: string };
                expect(code ?? message ?? error).toMatch(/^(down|left|ERR_TASK_TIMEOUT|ERR_QUEUE_TIMEOUT)$/);
              },
            ),
          );
        } else if (each.do === 'begin') {
          const execution = executions[each.which % Math.max(1, executions.length)];
          if (execution !== undefined && execution.isQueued)
            Object.assign(execution, { isQueued: false, startedAtMs: clock.now() });
        } else if (each.do === 'finish' || each.do === 'fail') {
          end(each.which % Math.max(1, executions.length), each.do === 'fail');
        } else if (each.do === 'abort')
          controllers[each.which % Math.max(1, controllers.length)]?.abort(new Error('left'));
        else if (each.do === 'advance') clock.advance(each.ms);
        else if (each.do === 'turn') await turn();
        else if (each.do === 'delete') drop(each.key, () => cache.delete('t', each.key));
        else if (each.do === 'by tag') drop(each.key, () => cache.invalidate({ tag: `tag ${each.key}` }));
        else if (each.do === 'clear') for (const one of KEYS) drop(one, () => cache.clear());
        else cache.trim();
        note();
      }
      // All that is left ends.
      for (let round = 0; round < 20 && settled < calls.length; round++) {
        for (let at = 0; at < executions.length; at++) end(at, false);
        for (let turns = 0; turns < 4; turns++) await turn();
      }
      expect(settled).toBe(calls.length);
      await Promise.all(calls);
      for (let at = 0; at < executions.length; at++) end(at, false);
      await turn();
      expect(clock.timers).toBe(0);
      const { entries, bytes } = cache.stats();
      expect([entries <= 2, bytes > 0]).toEqual([true, entries > 0]);
      cache.clear();
      expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
    }),
    { numRuns: 150 },
  );
});
