import type { TaskTrace } from '@millpond/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubmitGaps } from '../../src/record/submit-gaps.js';
import { traceOf } from '../fakes.js';

/** A try that was submitted and settled at these moments. */
function tryOf(submittedAt: number, settledAt: number, fields: Partial<TaskTrace> = {}): TaskTrace {
  return { ...traceOf([]), submittedAt, settledAt, ...fields };
}

describe('the gaps before submits', () => {
  it('are the times since the latest settling before each submit', () => {
    const moments = fc.array(fc.tuple(fc.nat(500), fc.nat(200)), { maxLength: 200 });
    fc.assert(
      fc.property(moments, (all) => {
        const tries = all.map(([at, ms]) => tryOf(at, at + ms)).sort((a, b) => a.settledAt - b.settledAt);
        const gaps = new SubmitGaps();
        for (const each of tries) gaps.add(each);
        const expected = tries.flatMap(({ submittedAt }, i) => {
          const before = tries.slice(0, i).filter(({ settledAt }) => settledAt <= submittedAt);
          const last = before.at(-1);
          return last === undefined ? [] : [submittedAt - last.settledAt];
        });
        expect(gaps.gaps.count).toBe(expected.length);
        expect(gaps.gaps.sum).toBe(expected.reduce((sum, ms) => sum + ms, 0));
      }),
    );
  });

  it('leave out further tries, which the pool submits', () => {
    const gaps = new SubmitGaps();
    gaps.add(tryOf(0, 10));
    gaps.add(tryOf(12, 20, { attempt: 2 }));
    expect(gaps.gaps.count).toBe(0);
  });

  it('are unknown where too many tries were in flight', () => {
    const gaps = new SubmitGaps();
    gaps.add(tryOf(0, 10));
    for (let i = 0; i < 2000; i++) gaps.add(tryOf(0, 100 + i));
    gaps.add(tryOf(12, 3000));
    expect(gaps.gaps.count).toBe(0);
  });
});
