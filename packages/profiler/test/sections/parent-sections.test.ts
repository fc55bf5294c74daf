import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { sectionReports } from '../../src/sections/section-reports.js';
import { gate, refusal, sectionsOnOwnClock } from './own-clock.js';

let { sections, spend, measured } = sectionsOnOwnClock();

beforeEach(() => {
  ({ sections, spend, measured } = sectionsOnOwnClock());
});

describe('section(name, fn)', () => {
  it('returns what the function returns, and times it', () => {
    expect(sections.section('load', () => (spend(5), 'data'))).toBe('data');
    expect(measured()).toEqual({ load: [1, 5, 5] });
  });

  it('takes the time of nested sections off the self time', () => {
    sections.section('load', () => {
      spend(2);
      sections.section('read', () => spend(3));
      spend(1);
      sections.section('parse', () => spend(4));
    });
    expect(measured()).toEqual({ load: [1, 10, 3], 'load/read': [1, 3, 3], 'load/parse': [1, 4, 4] });
  });

  it('times an async function until its promise settles', async () => {
    const { opened, open } = gate();
    const done = sections.section('fetch', async () => {
      await opened;
      spend(3);
      return 42;
    });
    spend(7);
    expect(measured()).toEqual({});
    open();
    expect(await done).toBe(42);
    expect(measured()).toEqual({ fetch: [1, 10, 10] });
  });

  it('calls a lazy thenable only once', async () => {
    let calls = 0;
    const query: PromiseLike<string> = {
      then: (resolve) => {
        calls++;
        spend(4);
        return Promise.resolve('rows').then(resolve);
      },
    };
    expect(await sections.section('query', () => query)).toBe('rows');
    expect({ calls, ...measured() }).toEqual({ calls: 1, query: [1, 4, 4] });
  });

  it('ends where a thenable throws in place of answering', async () => {
    const broken = {
      then: () => {
        throw new Error('thrown');
      },
    };
    await expect(sections.section('a', () => broken)).rejects.toThrow('thrown');
    const called = Object.assign(() => {}, { then: (done: (value: string) => void) => done('of a function') });
    expect(await sections.section('b', () => called)).toBe('of a function');
    expect(measured()).toEqual({ a: [1, 0, 0], b: [1, 0, 0] });
  });

  it('passes on what the function throws, sync or async, and counts the time all the same', async () => {
    expect(() =>
      sections.section('a', () => {
        spend(1);
        throw new TypeError('no');
      }),
    ).toThrow(TypeError);
    await expect(sections.section('b', () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
    expect(measured()).toEqual({ a: [1, 1, 1], b: [1, 0, 0] });
  });

  it('keeps async functions apart that interleave at their awaits', async () => {
    const first = gate();
    const second = gate();
    const a = sections.section('a', async () => {
      await first.opened;
      sections.section('inner', () => spend(1));
    });
    const b = sections.section('b', async () => {
      await second.opened;
      sections.section('inner', () => spend(2));
    });
    spend(10);
    second.open();
    await b;
    first.open();
    await a;
    expect(measured()).toEqual({ a: [1, 13, 12], 'a/inner': [1, 1, 1], b: [1, 12, 10], 'b/inner': [1, 2, 2] });
  });

  it('takes the union of overlapping children off the self time, so that it is never negative', async () => {
    const gates = [gate(), gate()];
    const done = sections.section('all', async () => {
      await Promise.all(gates.map(({ opened }, i) => sections.section(`part ${i}`, () => opened)));
      spend(5);
    });
    spend(10);
    gates[1]?.open();
    await new Promise((resolve) => setImmediate(resolve));
    spend(20);
    gates[0]?.open();
    await done;
    expect(measured()).toEqual({ all: [1, 35, 5], 'all/part 0': [1, 30, 30], 'all/part 1': [1, 10, 10] });
  });

  it('may go on when the one around it has ended; the rest counts for itself only', async () => {
    const { opened, open } = gate();
    let late: Promise<void> | undefined;
    sections.section('handle', () => {
      spend(1);
      late = sections.section('log', () => opened);
      spend(2);
    });
    spend(10);
    open();
    await late;
    expect(measured()).toEqual({ handle: [1, 3, 1], 'handle/log': [1, 12, 12] });
  });

  it('refuses a name that is empty or no string, and what is no function', () => {
    expect(refusal(() => sections.section('', () => 1))).toMatch('needs a name');
    expect(refusal(() => sections.start(7 as never))).toMatch('Section "7" needs a name');
    expect(refusal(() => sections.section('a', 7 as never))).toMatch('needs a function to time; received 7 (number)');
    expect(sections.openPaths()).toEqual([]);
  });
});

describe('any nesting of sync sections', () => {
  type Tree = { ms: number; children: Tree[] };
  const tree = fc.memo((depth): fc.Arbitrary<Tree> =>
    fc.record({
      ms: fc.integer({ min: 0, max: 50 }),
      children: depth <= 1 ? fc.constant<Tree[]>([]) : fc.array(tree(), { maxLength: 3 }),
    }),
  );

  function total({ ms, children }: Tree): number {
    return ms + children.reduce((sum, child) => sum + total(child), 0);
  }

  function play({ ms, children }: Tree, depth: number): void {
    const body = (): void => {
      spend(ms);
      for (const child of children) play(child, depth + 1);
    };
    if (depth % 2 === 0) return sections.section(`level ${depth}`, body);
    const span = sections.start(`level ${depth}`);
    body();
    span.end();
  }

  it('has self times that add up to the whole', () => {
    fc.assert(
      fc.property(tree(5), (root) => {
        ({ sections, spend } = sectionsOnOwnClock());
        play(root, 0);
        const reports = sectionReports(sections.ledger);
        expect(reports.reduce((sum, section) => sum + section.selfMs, 0)).toBe(total(root));
        expect(reports.find((section) => section.path.length === 1)?.totalMs).toBe(total(root));
        expect(reports.reduce((sum, section) => sum + section.share, 0)).toBeCloseTo(total(root) > 0 ? 1 : 0, 9);
        expect(sections.openPaths()).toEqual([]);
      }),
    );
  });
});
