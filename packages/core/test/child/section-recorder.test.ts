import { describe, expect, it } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { SectionRecorder } from '../../src/child/section-recorder.js';
import type { SectionDelta } from '../../src/contract/trace.js';
import { turn } from '../support/scripted-engine.js';

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
    expect(sections.run('task', 'a', () => 5)).toBe(5);
    expect(await sections.run('task', 'a', async () => 6)).toBe(6);
    expect(() => sections.run('task', 'a', fail)).toThrow(error);
    await expect(sections.run('task', 'a', async () => fail())).rejects.toBe(error);
    expect(find(sections.take(), 'a').count).toBe(4);
  });

  it('adds up by task and path, and splits what a section spends itself from what those in it spend', () => {
    const sections = new SectionRecorder(() => {});
    for (let call = 0; call < 3; call++) {
      sections.run('task', 'outer', () => {
        spin(1);
        sections.run('task', 'inner', () => spin(2));
      });
    }
    sections.run('other', 'inner', () => spin(1));
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
      sections.run('task', name, async () => {
        await turn();
        sections.run('task', 'inner', () => {});
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
    await sections.run('task', 'outer', () =>
      Promise.all(
        [1, 2, 3].map((name) =>
          sections.run('task', String(name), async () => {
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
    sections.run('task', 'a', () => {});
    expect(sections.dirty).toBe(true);
    expect(find(sections.take(), 'a').count).toBe(1);
    expect([sections.dirty, sections.take()]).toEqual([false, []]);
    sections.run('task', 'a', () => {});
    expect(find(sections.take(), 'a').count).toBe(1);
  });
});
