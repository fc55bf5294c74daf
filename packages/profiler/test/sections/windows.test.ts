import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeasuredSections } from '../../src/record/section-ledger.js';
import { Marks } from '../../src/sections/marks.js';
import { sectionReports } from '../../src/sections/section-reports.js';
import { sectionsOnOwnClock } from './own-clock.js';

type Step = { do: 'open' | 'close' | 'window'; name: string; ms: number };

const anySteps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom('open', 'close', 'close', 'window'),
    name: fc.constantFrom('a', 'b', 'c'),
    ms: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 40 },
);

/** Sections of a program, with the sums of each window that has ended. */
function measure(steps: readonly Step[], hasWindows: boolean) {
  const { sections, spend } = sectionsOnOwnClock();
  const windows: ReturnType<typeof sectionReports>[] = [];
  const open: string[] = [];
  let window: MeasuredSections = sections.ledger;
  for (const step of steps) {
    spend(step.ms);
    if (step.do === 'open') {
      sections.start(step.name);
      open.push(step.name);
    } else if (step.do === 'close') {
      const name = open.pop();
      if (name !== undefined) sections.end(name);
    } else if (hasWindows) {
      windows.push(sectionReports(window));
      window = sections.beginWindow().ledger;
    }
  }
  for (const name of open.reverse()) sections.end(name);
  windows.push(sectionReports(window));
  return { whole: sectionReports(sections.ledger), windows };
}

describe('windows of the sections of a program', () => {
  it('change nothing in the whole, and have each call once', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { whole, windows } = measure(steps, true);
        const byPath = (reports: typeof whole) => new Map(reports.map((each) => [each.path.join('/'), each]));
        expect(byPath(whole)).toEqual(byPath(measure(steps, false).whole));
        for (const { path, count, totalMs, selfMs, errors } of whole) {
          const parts = windows.flatMap((reports) => reports.filter((each) => each.path.join('/') === path.join('/')));
          const sum = (of: (part: (typeof parts)[number]) => number) => parts.reduce((all, part) => all + of(part), 0);
          expect(sum((part) => part.count)).toBe(count);
          expect(sum((part) => part.totalMs)).toBeCloseTo(totalMs, 6);
          expect(sum((part) => part.selfMs)).toBeCloseTo(selfMs, 6);
          expect(sum((part) => part.errors)).toBe(errors);
        }
      }),
    );
  });

  it('have a call that is open across them where it ends', () => {
    const { sections, spend } = sectionsOnOwnClock();
    const span = sections.start('load');
    spend(10);
    const first = sections.beginWindow();
    expect(sectionReports(first.ledger)).toEqual([]);
    expect(first.openPaths()).toEqual([['load']]);
    spend(5);
    span.end();
    expect(sectionReports(first.ledger)).toMatchObject([
      { name: 'load', count: 1, totalMs: 15, peak: 1, meanConcurrency: 1 },
    ]);
    expect(sectionReports(sections.beginWindow().ledger)).toEqual([]);
    expect(sectionReports(sections.ledger)).toMatchObject([
      { name: 'load', count: 1, totalMs: 15, meanConcurrency: 1 },
    ]);
  });
});

describe('windows of marks', () => {
  it('have those that came in them, at the time since they began', () => {
    const marks = new Marks(1000);
    marks.add('early', undefined, 1010);
    const window = marks.since(1100);
    marks.add('late', 'with a text', 1130);
    expect(window.list).toMatchObject([{ atMs: 30, text: 'late: with a text' }]);
    expect(marks.list.map(({ atMs }) => atMs)).toEqual([10, 130]);
  });

  it('say only of their own marks that these had no place', () => {
    const marks = new Marks(0);
    for (let i = 0; i < 1001; i++) marks.add('m', undefined, i);
    const window = marks.since(1001);
    expect(window.remarks()).toEqual([]);
    marks.add('m', undefined, 1002);
    expect(window.remarks()).toEqual(['1 mark of the program had no place']);
    expect(marks.remarks()).toEqual(['2 marks of the program had no place']);
  });
});
