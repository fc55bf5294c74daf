import { describe, expect, it } from 'vitest';
import { addWork, NO_RATE, type Rate } from '../../src/sizing/rate.js';
import { addToTrial, judge, startTrial, type Verdict } from '../../src/sizing/trial.js';
import { sampleOf } from '../support/sizing-sample.js';

const working = (perMs: number, ready: number) => sampleOf({ ready, ended: 1000, workMs: perMs * 250 });

/** Readings that swing by `noise`, one up and one down. */
function rateOf(perMs: number, readings: number, ready: number, noise = 0): Rate {
  let rate = NO_RATE;
  for (let reading = 0; reading < readings; reading++) {
    rate = addWork(rate, working(perMs * (1 + (reading % 2 === 0 ? noise : -noise)), ready));
  }
  return rate;
}

/** How a trial ends, and after how many ticks. */
function outcome(from: number, to: number, before: number, after: number, noise = 0): [Verdict, number] {
  let trial = startTrial(from, to, rateOf(before, 4, from, noise), 4);
  for (let tick = 1; ; tick++) {
    const swing = 1 + (tick % 2 === 0 ? noise : -noise);
    trial = addToTrial(trial, working(after * swing, to), true);
    const verdict = judge(trial);
    if (verdict !== 'goOn') return [verdict, tick];
  }
}

describe('a trial of more workers', () => {
  it('keeps them when work follows, after one tick to get up to speed and four readings', () => {
    expect(outcome(4, 8, 4, 8)).toEqual(['keep', 5]);
  });

  it('keeps them only if they bring 15 % of what as many bring that nothing limits', () => {
    expect(outcome(4, 8, 4, 4.4)[0]).toBe('revert');
    expect(outcome(4, 8, 4, 4.7)[0]).toBe('keep');
    expect(outcome(100, 110, 100, 101)[0]).toBe('revert');
    expect(outcome(100, 110, 100, 102)[0]).toBe('keep');
  });

  it('goes on while noise hides the answer, but not for ever', () => {
    const [verdict, ticks] = outcome(4, 8, 4, 4.7, 0.4);
    expect(verdict).toBe('revert');
    expect(ticks).toBe(13);
  });
});

describe('a trial of fewer workers', () => {
  it('keeps them when nothing worth it is lost', () => {
    expect(outcome(8, 4, 4, 4)[0]).toBe('keep');
    expect(outcome(8, 7, 8, 7.95)[0]).toBe('keep');
  });

  it('takes them back when work is lost', () => {
    expect(outcome(8, 4, 8, 4)[0]).toBe('revert');
    expect(outcome(8, 7, 8, 7)[0]).toBe('revert');
  });
});

describe('a trial', () => {
  it('ends without a verdict where there is not enough to do', () => {
    let trial = startTrial(4, 8, rateOf(4, 4, 4), 4);
    for (let tick = 0; tick < 12; tick++) trial = addToTrial(trial, sampleOf({ ready: 8 }), false);
    expect(judge(trial)).toBe('goOn');
    expect(judge(addToTrial(trial, sampleOf({ ready: 8 }), false))).toBe('unclear');
  });

  it('waits for workers that start slowly, but not for those that never come', () => {
    let trial = startTrial(4, 8, rateOf(4, 4, 4), 4);
    for (let tick = 0; tick < 80; tick++) trial = addToTrial(trial, sampleOf({ ready: 4, starting: 4 }), false);
    expect(judge(trial)).toBe('goOn');
    for (let tick = 0; tick < 80; tick++) trial = addToTrial(trial, sampleOf({ ready: 4, starting: 4 }), false);
    expect(judge(trial)).toBe('revert');
  });
});
