import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { SectionRecorder } from '../../src/child/section-recorder.js';
import { TASK } from './section-clock.js';

const clock = vi.hoisted(() => ({ nowMs: 1000 }));
vi.mock('../../src/base/clock.js', () => ({ hostNowMs: () => clock.nowMs }));

/** A section, the time it spends before and after those inside it, and whether it throws. */
interface Tree {
  name: string;
  before: number;
  after: number;
  byHand: boolean;
  fails: boolean;
  inside: Tree[];
}
const time = fc.integer({ min: 0, max: 50 });
const treeOf = (levels: number): fc.Arbitrary<Tree> =>
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    before: time,
    after: time,
    byHand: fc.boolean(),
    fails: fc.boolean(),
    inside: levels === 0 ? fc.constant([]) : fc.array(treeOf(levels - 1), { maxLength: 3 }),
  });
const anyTrees = fc.array(treeOf(4), { maxLength: 5 });

interface Expected {
  count: number;
  totalMs: number;
  selfMs: number;
  squares: number;
  errors: number;
}

/** What must come out, by path. Returns the duration. */
function expectTree(
  { name, before, after, byHand, fails, inside }: Tree,
  above: string,
  all: Map<string, Expected>,
): number {
  const path = `${above}/${name}`;
  const within: number = inside.reduce((sum, each) => sum + expectTree(each, path, all), 0);
  const total = before + within + after;
  const row = all.get(path) ?? { count: 0, totalMs: 0, selfMs: 0, squares: 0, errors: 0 };
  all.set(path, {
    count: row.count + 1,
    totalMs: row.totalMs + total,
    selfMs: row.selfMs + before + after,
    squares: row.squares + total * total,
    errors: row.errors + (fails && !byHand ? 1 : 0),
  });
  return total;
}

function play(sections: SectionRecorder, { name, before, after, byHand, fails, inside }: Tree): void {
  const body = (): void => {
    clock.nowMs += before;
    for (const each of inside) play(sections, each);
    clock.nowMs += after;
    if (fails && !byHand) throw new Error('fails');
  };
  if (byHand) {
    using _ = sections.open(TASK, name);
    body();
    return;
  }
  try {
    sections.run(TASK, name, body);
  } catch (error) {
    if ((error as Error).message !== 'fails') throw error;
  }
}

async function playAsync(sections: SectionRecorder, tree: Tree): Promise<void> {
  const { name, before, after, byHand, fails, inside } = tree;
  const body = async (): Promise<void> => {
    await null;
    clock.nowMs += before;
    for (const each of inside) await playAsync(sections, each);
    await null;
    clock.nowMs += after;
    if (fails && !byHand) throw new Error('fails');
  };
  if (byHand) {
    using _ = sections.open(TASK, name);
    await body();
    return;
  }
  await sections.run(TASK, name, body).catch((error: Error) => {
    if (error.message !== 'fails') throw error;
  });
}

function check(sections: SectionRecorder, trees: readonly Tree[], outside: number, wall: number): void {
  const expected = new Map<string, Expected>();
  const whole = trees.reduce((sum, each) => sum + expectTree(each, '', expected), 0);
  const deltas = sections.take();
  const found = deltas.map(({ path, count, totalMs, selfMs, squares, errors }) => [
    `/${path.join('/')}`,
    { count, totalMs, selfMs, squares, errors },
  ]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  expect(deltas.reduce((sum, { selfMs }) => sum + selfMs, 0) + outside).toBe(wall);
  expect(whole + outside).toBe(wall);
  for (const { openMs, peak, totalMs } of deltas) {
    // One after another: nothing overlaps itself.
    expect([openMs, peak]).toEqual([totalMs, 1]);
  }
  expect(sections.takeMistakes()).toBeUndefined();
}

describe('any nesting of sections one after another', () => {
  it('has self times that add up to the whole, and exact sums', () => {
    fc.assert(
      fc.property(anyTrees, time, (trees, outside) => {
        const sections = new SectionRecorder(() => {});
        const begin = clock.nowMs;
        for (const each of trees) play(sections, each);
        clock.nowMs += outside;
        sections.end(TASK.id, false);
        check(sections, trees, outside, clock.nowMs - begin);
      }),
      { numRuns: 300 },
    );
  });

  it('has the same over awaits', async () => {
    await fc.assert(
      fc.asyncProperty(anyTrees, time, async (trees, outside) => {
        const sections = new SectionRecorder(() => {});
        const begin = clock.nowMs;
        for (const each of trees) await playAsync(sections, each);
        clock.nowMs += outside;
        sections.end(TASK.id, false);
        check(sections, trees, outside, clock.nowMs - begin);
      }),
      { numRuns: 150 },
    );
  });
});

interface Stretch {
  name: string;
  from: number;
  length: number;
  fails: boolean;
  byHand: boolean;
}
const anyStretches = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b'),
    from: fc.integer({ min: 0, max: 100 }),
    length: fc.integer({ min: 0, max: 60 }),
    fails: fc.boolean(),
    byHand: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Time with at least one open, and most open at one time, by looking at each millisecond. */
function overlap(stretches: readonly Stretch[]): { openMs: number; peak: number } {
  let openMs = 0;
  let peak = 0;
  for (let ms = 0; ms < 200; ms++) {
    const open = stretches.filter(({ from, length }) => from <= ms && ms < from + length).length;
    if (open > 0) openMs++;
    peak = Math.max(peak, open);
  }
  return { openMs, peak };
}

/** Plays stretches of different tasks that overlap as they will, and looks at the sums at `cutMs` and at the end. */
async function playOverlaps(stretches: readonly Stretch[], cutMs: number) {
  const sections = new SectionRecorder(() => {});
  const begin = clock.nowMs;
  type Event = { at: number; order: number; run(): void };
  const events: Event[] = stretches.flatMap(({ name, from, length, fails, byHand }, index) => {
    const owner = { task: 'task', id: index + 1 };
    const gate = deferred<void>();
    let end = (): void => (fails ? gate.reject(new Error('fails')) : gate.resolve());
    const start = (): void => {
      if (byHand) {
        sections.open(owner, name);
        end = () => sections.end(owner.id, fails);
      } else {
        sections.run(owner, name, () => gate.promise).catch(() => {});
      }
    };
    return [
      { at: from, order: 1, run: start },
      // What lasts for no time ends after its begin, and what lasts ends before what begins then.
      { at: from + length, order: length === 0 ? 2 : 0, run: () => end() },
    ];
  });
  const taken = [];
  events.push({ at: cutMs, order: 3, run: () => void taken.push(...sections.take()) });
  events.sort((a, b) => a.at - b.at || a.order - b.order);
  for (const { at, run } of events) {
    clock.nowMs = begin + at;
    run();
    for (let tick = 0; tick < 4; tick++) await null;
  }
  clock.nowMs = begin + 200;
  taken.push(...sections.take());
  return taken;
}

describe('sections that overlap as they will', () => {
  it('have the time with one of them open, the most open, and the errors', async () => {
    await fc.assert(
      fc.asyncProperty(anyStretches, fc.integer({ min: 0, max: 160 }), async (stretches, cutMs) => {
        const taken = await playOverlaps(stretches, cutMs);
        for (const name of ['a', 'b']) {
          const own = stretches.filter((each) => each.name === name);
          const parts = taken.filter(({ path }) => path[0] === name);
          const sum = (field: 'count' | 'totalMs' | 'openMs' | 'errors'): number =>
            parts.reduce((all, part) => all + part[field], 0);
          const expected = overlap(own);
          expect(sum('count')).toBe(own.length);
          expect(sum('totalMs')).toBe(own.reduce((all, { length }) => all + length, 0));
          expect(sum('openMs')).toBe(expected.openMs);
          expect(sum('openMs')).toBeLessThanOrEqual(200);
          expect(sum('errors')).toBe(own.filter(({ fails }) => fails).length);
          const peak = Math.max(0, ...parts.map((part) => part.peak));
          // One that lasts for no time is open for a moment, beside those that are open then.
          expect(peak).toBeGreaterThanOrEqual(expected.peak);
          if (own.every(({ length }) => length > 0)) expect(peak).toBe(expected.peak);
        }
      }),
      { numRuns: 200 },
    );
  });
});
