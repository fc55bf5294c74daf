import { expect, it } from 'vitest';
import { judge } from '../../src/findings/judge.js';
import { Draw } from '../support/plants/draw.js';
import { measuredOf } from '../support/plants/measured-of.js';
import { simulate } from '../support/plants/simulated.js';
import { PLANTS } from '../support/plants/trials.js';

it.each(Object.entries(PLANTS))('the verdict of %s ends in a step, not in a number', (_, planters) => {
  const { record, facts } = planters![0]!(new Draw(3));
  const run = simulate(record);
  const measured = measuredOf(run);
  facts?.(measured, measured.pools[0]!, run);
  const { verdict } = judge(measured);
  expect(verdict.step).toMatch(/^[A-Z][a-z]+ .*[.]/);
  expect(verdict.sentence.length).toBeGreaterThan(10);
});
