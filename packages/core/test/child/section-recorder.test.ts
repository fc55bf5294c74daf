import { describe, expect, it } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { SectionRecorder } from '../../src/child/section-recorder.js';
import type { SectionDelta } from '../../src/contract/trace.js';
import { turn } from '../support/scripted-engine.js';

const TASK = { task: 'task', id: 1 };

function spin(ms: number): void {
  const end = hostNowMs() + ms;
  while (hostNowMs() < end);
}

/** The section of this path. */
function find(deltas: readonly SectionDelta[], ...path: string[]): SectionDelta {
  const found = deltas.find((delta) => delta.path.join('/') === path.join('/'));
  if (found === undefined) throw new Error(`no section ${path.join('/')}`);
  return found;
}

describe('SectionRecorder', () => {
  it('returns what the section returns, and throws what it throws', async () => {
    const sections = new SectionRecorder(() => {});
    const error = new Error('broken');
    const fail = (): never => {
      throw error;
    };
    expect(sections.run(TASK, 'a', () => 5)).toBe(5);
    expect(await sections.run(TASK, 'a', async () => 6)).toBe(6);
    expect(() => sections.run(TASK, 'a', fail)).toThrow(error);
    await expect(sections.run(TASK, 'a', async () => fail())).rejects.toBe(error);
    expect(find(sections.take(), 'a').count).toBe(4);
  });

  it('ends once, as await would, for whatever its function returns that has a then', async () => {
    const sections = new SectionRecorder(() => {});
    const thrown = {
      then: () => {
        throw new Error('thrown');
      },
    };
    const twice = {
      then: (done: (value: string) => void) => {
        done('first');
        done('second');
      },
    };
    const called = Object.assign(() => {}, { then: (done: (value: string) => void) => done('of a function') });
    await expect(sections.run(TASK, 'thrown', () => thrown)).rejects.toThrow('thrown');
    expect(await sections.run(TASK, 'twice', () => twice)).toBe('first');
    expect(await sections.run(TASK, 'called', () => called)).toBe('of a function');
    expect(sections.take().map(({ path, count }) => [...path, count])).toEqual([
      ['thrown', 1],
      ['twice', 1],
      ['called', 1],
    ]);
  });

  it('divides self time where a function returns', async () => {
    const sections = new SectionRecorder(() => {});
    sections.run(TASK, 'sync', () => spin(2));
    await sections.run(TASK, 'async', async () => {
      spin(1);
      sections.run(TASK, 'inside', () => spin(3));
      await turn();
      spin(2);
      await sections.run(TASK, 'later', async () => {
        await turn();
        spin(1);
      });
    });
    sections.open(TASK, 'by hand').end();
    const deltas = sections.take();
    const partsOf = (...path: string[]) => {
      const { calledMs, awaitedMs, selfMs } = find(deltas, ...path);
      return { calledMs, awaitedMs, restMs: selfMs - calledMs - awaitedMs };
    };
    const sync = partsOf('sync');
    expect(sync.calledMs).toBeGreaterThanOrEqual(2);
    expect(sync.awaitedMs).toBeLessThan(1);
    const outer = partsOf('async');
    expect(outer.calledMs).toBeGreaterThanOrEqual(1);
    expect(outer.awaitedMs).toBeGreaterThanOrEqual(2);
    expect(outer.restMs).toBeCloseTo(0, 6);
    expect(partsOf('async', 'inside').calledMs).toBeGreaterThanOrEqual(3);
    expect(partsOf('async', 'later').awaitedMs).toBeGreaterThanOrEqual(1);
    expect(partsOf('by hand')).toMatchObject({ calledMs: 0, awaitedMs: 0 });
  });

  it('adds up by task and path, and splits what a section spends itself from what those in it spend', () => {
    const sections = new SectionRecorder(() => {});
    for (let call = 0; call < 3; call++) {
      sections.run(TASK, 'outer', () => {
        spin(1);
        sections.run(TASK, 'inner', () => spin(2));
      });
    }
    sections.run({ task: 'other', id: 2 }, 'inner', () => spin(1));
    const deltas = sections.take();
    expect(deltas.map(({ task, path }) => [task, path.join('/')]).toSorted()).toEqual([
      ['other', 'inner'],
      ['task', 'outer'],
      ['task', 'outer/inner'],
    ]);
    const [outer, inner] = [find(deltas, 'outer'), find(deltas, 'outer', 'inner')];
    expect([outer.count, inner.count]).toEqual([3, 3]);
    expect(inner.totalMs).toBeGreaterThanOrEqual(6);
    expect(inner.selfMs).toBeCloseTo(inner.totalMs, 6);
    expect(outer.selfMs).toBeGreaterThanOrEqual(3);
    expect(outer.selfMs + inner.totalMs).toBeCloseTo(outer.totalMs, 1);
    expect(outer.minMs).toBeLessThanOrEqual(outer.maxMs);
    expect(outer.counts.reduce((sum, [, count]) => sum + count, 0)).toBe(3);
  });

  it('nests by who called, not by what runs meanwhile', async () => {
    const sections = new SectionRecorder(() => {});
    const both = ['a', 'b'].map((name) =>
      sections.run(TASK, name, async () => {
        await turn();
        sections.run(TASK, 'inner', () => {});
        await turn();
      }),
    );
    await Promise.all(both);
    expect(
      sections
        .take()
        .map(({ path }) => path.join('/'))
        .toSorted(),
    ).toEqual(['a', 'a/inner', 'b', 'b/inner']);
  });

  it('counts time once when sections in one run side by side', async () => {
    const sections = new SectionRecorder(() => {});
    await sections.run(TASK, 'outer', () =>
      Promise.all(
        [1, 2, 3].map((name) =>
          sections.run(TASK, String(name), async () => {
            await turn();
            spin(1);
            await turn();
          }),
        ),
      ),
    );
    const outer = find(sections.take(), 'outer');
    expect(outer.selfMs).toBeGreaterThanOrEqual(0);
    expect(outer.selfMs).toBeLessThan(outer.totalMs);
  });

  it('gives each time only once, and has nothing to report when nothing was timed', () => {
    const sections = new SectionRecorder(() => {});
    expect([sections.dirty, sections.take()]).toEqual([false, []]);
    sections.run(TASK, 'a', () => {});
    expect(sections.dirty).toBe(true);
    expect(find(sections.take(), 'a').count).toBe(1);
    expect([sections.dirty, sections.take()]).toEqual([false, []]);
    sections.run(TASK, 'a', () => {});
    expect(find(sections.take(), 'a').count).toBe(1);
  });
});

describe('sections with names made of data', () => {
  const timed = (sections: SectionRecorder, ...path: string[]): void => {
    const [name = '', ...inside] = path;
    sections.run(TASK, name, () => {
      if (inside.length > 0) timed(sections, ...inside);
    });
  };
  const nested = (sections: SectionRecorder, times: number): void => {
    if (times > 0) sections.run(TASK, 'step', () => nested(sections, times - 1));
  };
  const names = (deltas: readonly SectionDelta[]): string[] => deltas.map(({ path }) => path.join('/'));

  it('are counted as "(other)" beyond the first 100 of one place, and none is lost', () => {
    const sections = new SectionRecorder(() => {});
    for (let file = 0; file < 20_000; file++) timed(sections, `load ${file}`, 'parse');
    timed(sections, 'save');
    const deltas = sections.take();
    const outermost = deltas.filter(({ path }) => path.length === 1);
    expect(outermost.map(({ path }) => path[0])).toEqual([
      ...Array.from({ length: 100 }, (_, file) => `load ${file}`),
      '(other)',
    ]);
    expect(find(deltas, '(other)').count).toBe(19_901);
    expect(find(deltas, '(other)', 'parse').count).toBe(19_900);
    expect(deltas.reduce((sum, { count }) => sum + count, 0)).toBe(40_001);
  });

  it('leave room for those of other tasks and places, up to 500 of a worker', () => {
    const sections = new SectionRecorder(() => {});
    for (const task of ['a', 'b', 'c', 'd', 'e', 'f']) {
      for (let file = 0; file < 1000; file++) sections.run({ task, id: 1 }, `load ${file}`, () => {});
    }
    expect(sections.take()).toHaveLength(500 + 6);
  });

  it('may be of any length: they are cut', () => {
    const sections = new SectionRecorder(() => {});
    for (let call = 0; call < 10; call++) timed(sections, 'x'.repeat(1_000_000) + call);
    expect(sections.take()).toMatchObject([{ path: [`${'x'.repeat(200)}…`], count: 10 }]);
  });

  it('may be nested without end: what is deeper than 31 is counted together', () => {
    const sections = new SectionRecorder(() => {});
    nested(sections, 500);
    const deltas = sections.take();
    expect(deltas).toHaveLength(32);
    expect(
      names(deltas)
        .toSorted((a, b) => a.length - b.length)
        .at(-1),
    ).toBe(`${'step/'.repeat(31)}(other)`);
    expect(deltas.reduce((sum, { count }) => sum + count, 0)).toBe(500);
  });
});
