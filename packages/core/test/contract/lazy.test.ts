import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { lazy } from '../../src/contract/lazy.js';
import { lazyHandler } from '../../src/contract/lazy-handler.js';
import { beginWithValues, endWithValues } from '../../src/contract/lazy-values.js';

/** Ends the only worker here, and gives the errors of values that could not be freed. */
async function end(): Promise<unknown[]> {
  const errors: unknown[] = [];
  beginWithValues();
  await endWithValues((error) => errors.push(error));
  return errors;
}

afterEach(end);

describe('a lazy value', () => {
  it('is made at its first use, and only then', () => {
    let made = 0;
    const value = lazy(() => ({ made: ++made }));
    expect(made).toBe(0);
    expect([value(), value()]).toEqual([{ made: 1 }, { made: 1 }]);
    expect(value()).toBe(value());
  });

  it('may be undefined', () => {
    let made = 0;
    const value = lazy(() => void made++);
    expect([value(), value(), made]).toEqual([undefined, undefined, 1]);
  });

  it('is loaded once for all that wait for it', async () => {
    const loaded = deferred<string>();
    let loads = 0;
    const value = lazy(() => (loads++, loaded.promise));
    const uses = [value(), value()];
    loaded.resolve('there');
    expect([await Promise.all(uses), await value(), loads]).toEqual([['there', 'there'], 'there', 1]);
  });

  it('is tried again after a failure, at once or later', async () => {
    let tries = 0;
    const flaky = (): number => {
      if (++tries % 2 === 1) throw new Error(`try ${tries}`);
      return tries;
    };
    const direct = lazy(flaky);
    expect(direct).toThrow('try 1');
    expect([direct(), direct()]).toEqual([2, 2]);
    const async = lazy(async () => Promise.resolve(flaky()));
    const uses = [async(), async()];
    for (const use of uses) await expect(use).rejects.toThrow('try 3');
    expect(await async()).toBe(4);
  });

  it('whose own then throws fails those who wait, and holds up no end', async () => {
    const wrong = { then: () => { throw new Error('no then'); } }; // prettier-ignore
    let makes = 0;
    const value = lazy(() => (makes++, wrong));
    await expect(Promise.resolve(value())).rejects.toThrow('no then');
    expect(await end()).toEqual([]);
    await expect(Promise.resolve(value())).rejects.toThrow('no then');
    expect(makes).toBe(2);
  });

  it('that needs itself says so, and may be used afterwards', () => {
    let isRing = true;
    const ring: () => string = lazy(() => (isRing ? ring() : 'made'));
    expect(ring).toThrow(ReferenceError);
    isRing = false;
    expect(ring()).toBe('made');
  });

  it.each([5, undefined, null, 'text', { a: 5 }])('is not made by %j', (given) => {
    expect(() => lazy(given as never)).toThrow(TypeError);
  });
});

describe('several lazy values', () => {
  it('are made one by one, each at its own first use', async () => {
    const log: string[] = [];
    const { db, model } = lazy({
      db: () => (log.push('db'), { name: 'db' }),
      model: async () => (log.push('model'), Promise.resolve('model')),
    });
    expect(log).toEqual([]);
    expect([await model(), log]).toEqual(['model', ['model']]);
    expect([db().name, db().name, log]).toEqual(['db', 'db', ['model', 'db']]);
  });
});

describe('the end of a worker', () => {
  it('frees what was made, the latest first: what needs another goes before it', async () => {
    const log: string[] = [];
    const dispose = (name: string) => (): void => void log.push(name);
    const gate = deferred<void>();
    const base = lazy(async () => gate.promise, { dispose: dispose('base') });
    const upper = lazy(async () => (await base(), 'upper'), { dispose: dispose('upper') });
    const first = lazy(() => 1, { dispose: dispose('first') });
    lazy(() => 2, { dispose: dispose('unused') });
    const use = upper();
    first();
    const ending = end();
    gate.resolve();
    expect(await use).toBe('upper');
    expect([await ending, log]).toEqual([[], ['upper', 'base', 'first']]);
  });

  it('uses the own way of a value, or the one that was given, and goes on after an error', async () => {
    const log: string[] = [];
    const own = {
      [Symbol.dispose]: () => void log.push('own'),
      [Symbol.asyncDispose]: async () => void log.push('own async'),
    };
    const values = lazy(
      {
        plain: () => 'text',
        own: () => ({ [Symbol.dispose]: own[Symbol.dispose] }),
        async: () => own,
        given: () => Promise.resolve(own),
        broken: () => own,
      },
      {
        dispose: {
          given: (value) => void log.push(`given ${value === own}`),
          broken: () => {
            throw new Error('cannot close');
          },
        },
      },
    );
    for (const value of Object.values(values)) await value();
    expect(await end()).toMatchObject([{ message: 'cannot close' }]);
    expect(log).toEqual(['given true', 'own async', 'own']);
  });

  it('leaves them to other workers that run here, and the next worker makes new ones', async () => {
    const log: string[] = [];
    let made = 0;
    const value = lazy(() => ++made, { dispose: (each) => log.push(`freed ${each}`) });
    beginWithValues();
    beginWithValues();
    value();
    await endWithValues(() => {});
    expect([log, value()]).toEqual([[], 1]);
    await endWithValues(() => {});
    expect([log, value()]).toEqual([['freed 1'], 2]);
  });

  it('has nothing to free of a load that failed', async () => {
    const log: string[] = [];
    const value = lazy(() => Promise.reject(new Error('down')), { dispose: () => log.push('freed') });
    await expect(value()).rejects.toThrow('down');
    expect([await end(), log]).toEqual([[], []]);
  });
});

describe('a lazy handler', () => {
  it('is loaded once, and then called directly', async () => {
    let loads = 0;
    const handler = lazyHandler(async () => {
      loads++;
      return Promise.resolve((input: number, ctx: { by: number }) => input * ctx.by);
    });
    expect(await Promise.all([handler(2, { by: 3 }), handler(3, { by: 3 })])).toEqual([6, 9]);
    expect([handler(4, { by: 3 }), loads]).toEqual([12, 1]);
  });

  it('that cannot be loaded fails those that wait, and the next call loads again', async () => {
    let loads = 0;
    const handler = lazyHandler(() => {
      if (++loads === 1) throw new Error('no such file');
      return (): string => 'loaded';
    });
    for (const call of [handler(), handler()]) await expect(call).rejects.toThrow('no such file');
    expect([await handler(), loads]).toEqual(['loaded', 2]);
  });

  it('must be a function', async () => {
    await expect(lazyHandler(() => ({}) as unknown as () => void)()).rejects.toThrow(
      /must return a handler.*not object/,
    );
  });
});
