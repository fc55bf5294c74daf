import { describe, expect, it } from 'vitest';
import type { CoalesceOptions } from '../../src/contract/shaping-options.js';
import { coalesce, coalesceBy } from '../../src/shaping/coalesce.js';
import { FakeClock } from '../support/fake-clock.js';

function open<T>(options: CoalesceOptions<T>) {
  const clock = new FakeClock(0);
  const applied: T[][] = [];
  return { clock, applied, show: coalesceBy(clock, options, (values: T[]) => applied.push(values)) };
}

interface Status {
  id: number;
  step: number;
}

describe('coalesced values', () => {
  it('are applied together, the latest only: a hundred status updates are one redraw', () => {
    const { clock, applied, show } = open<number>({ everyMs: 50 });
    for (let n = 1; n <= 100; n++) show(n);
    expect(applied).toEqual([]);
    clock.advance(50);
    expect(applied).toEqual([[100]]);
    expect(show.stats()).toEqual({ calls: 100, ran: 1, superseded: 99, reductionShare: 0.99 });
  });

  it('are applied once in their time while they go on', () => {
    const { clock, applied, show } = open<number>({ everyMs: 50 });
    for (let n = 1; n <= 20; n++) {
      show(n);
      clock.advance(10);
    }
    clock.advance(50);
    expect(applied.at(-1)).toEqual([20]);
    expect(applied).toHaveLength(4);
  });

  it('are the latest of each key, in the order in which the keys came', () => {
    const { clock, applied, show } = open<Status>({ everyMs: 50, key: ({ id }) => id });
    for (let step = 1; step <= 3; step++) for (const id of [7, 3]) show({ id, step });
    clock.advance(50);
    expect(applied).toEqual([
      [
        { id: 7, step: 3 },
        { id: 3, step: 3 },
      ],
    ]);
  });

  it('beyond 10,000 keys are applied early', () => {
    const { applied, show } = open<number>({ everyMs: 50, key: (n) => n });
    for (let n = 0; n < 10_001; n++) show(n);
    expect(applied.map((values) => values.length)).toEqual([10_000]);
  });

  it('are applied at once by flush, and none waits afterwards', () => {
    const { clock, applied, show } = open<number>({ everyMs: 50 });
    show(1);
    show.flush();
    show.flush();
    clock.advance(1000);
    expect([applied, clock.timers]).toEqual([[[1]], 0]);
  });

  it('are dropped by stop, later ones too', () => {
    const { clock, applied, show } = open<number>({ everyMs: 50 });
    show(1);
    show.stop();
    show(2);
    show.flush();
    clock.advance(1000);
    expect([applied, clock.timers]).toEqual([[], 0]);
  });

  it('are applied at the end of a scope, which stops them', () => {
    const { clock, applied, show } = open<number>({ everyMs: 50 });
    show(1);
    show[Symbol.dispose]();
    show(2);
    clock.advance(1000);
    expect([applied, clock.timers]).toEqual([[[1]], 0]);
  });

  it('that come while others are applied wait for their own time', () => {
    const clock = new FakeClock(0);
    const applied: number[][] = [];
    const show = coalesceBy<number>(clock, { everyMs: 50 }, (values) => {
      applied.push(values);
      if (applied.length === 1) show(2);
    });
    show(1);
    clock.advance(50);
    expect(applied).toEqual([[1]]);
    clock.advance(50);
    expect(applied).toEqual([[1], [2]]);
  });

  it('with a key that throws, or is no key, are dropped with an error for the caller', () => {
    const { clock, applied, show } = open<Status | undefined>({ everyMs: 50, key: (status) => (status as Status).id });
    const option = 'coalesce.key';
    expect(() => show(undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', details: expect.objectContaining({ option }) as object }),
    );
    expect(() => show({ id: NaN, step: 1 })).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
    show({ id: 1, step: 1 });
    clock.advance(50);
    expect(applied).toEqual([[{ id: 1, step: 1 }]]);
    expect(show.stats().calls).toBe(1);
  });
});

describe('coalesce', () => {
  it.each([
    ['options', undefined, () => {}],
    ['everyMs', { everyMs: NaN }, () => {}],
    ['everyMs', { everyMs: Infinity }, () => {}],
    ['every', { every: 5 }, () => {}],
    ['options', {}, () => {}],
    ['key', { everyMs: 5, key: 'id' }, () => {}],
    ['apply', { everyMs: 5 }, undefined],
  ])('refuses a wrong %s: %o', (option, options, apply) => {
    expect(() => coalesce(options as never, apply as never)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', details: expect.objectContaining({ option }) as object }),
    );
  });
});
