import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RuleId } from '../../src/model/finding.js';
import { figuresOf, type Outcomes, PUBLISHED_SEED, runOutcomes, tableOf } from '../support/plants/matrix.js';
import { PLANTS } from '../support/plants/trials.js';

const published = JSON.parse(readFileSync(new URL('./confusion-matrix.json', import.meta.url), 'utf8')) as Outcomes;

describe('the confusion matrix', () => {
  it('has all plants, and meets the goals', () => {
    expect(Object.keys(published.verdicts)).toEqual(Object.keys(PLANTS));
    expect(published.firstSeed).toBe(PUBLISHED_SEED);
    for (const ids of Object.values(published.verdicts)) expect(ids.length).toBeGreaterThanOrEqual(20);
    const { top1, savings, falseAlarms } = figuresOf(published);
    expect(top1).toBeGreaterThanOrEqual(0.95);
    expect(savings).toBeGreaterThanOrEqual(0.9);
    expect(falseAlarms).toBeLessThanOrEqual(0.02);
  });

  it('stands in the page as it was measured', () => {
    const page = readFileSync(new URL('../../../../docs/profiler.md', import.meta.url), 'utf8');
    expect(page).toContain(tableOf(published));
  });

  // A part of it, made anew. If this fails: node scripts/confusion-matrix.mjs
  it.each(Object.keys(PLANTS) as RuleId[])('is what the rules say now: %s', (rule) => {
    const count = rule === 'R29' ? 5 : 1;
    const now = runOutcomes((each) => (each === rule ? count : 0));
    expect(now.verdicts[rule]).toEqual(published.verdicts[rule]!.slice(0, count));
    expect(now.savings[rule]).toEqual(published.savings[rule]!.slice(0, count));
  });
});
