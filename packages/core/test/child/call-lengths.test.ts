import { describe, expect, it } from 'vitest';
import { CallLengths } from '../../src/child/call-lengths.js';

/** With this number of very short calls behind it. */
function after(calls: number): CallLengths {
  const lengths = new CallLengths();
  for (let call = 0; call < calls; call++) lengths.note(0.01, true);
  return lengths;
}

describe('the calls of a handler', () => {
  it('are very short after thousands of them', () => {
    const lengths = after(4095);
    expect(lengths.areVeryShort).toBe(false);
    lengths.note(0.05, true);
    expect(lengths.areVeryShort).toBe(true);
  });

  it('stay very short while one in 50 is not, and do not when it is one in 25', () => {
    const seldom = after(8192);
    for (let call = 0; call < 20_000; call++) {
      seldom.note(call % 50 === 0 ? 9 : 0.01, true);
      expect(seldom.areVeryShort).toBe(true);
    }
    const often = after(8192);
    for (let call = 0; call < 1_000_000; call++) often.note(call % 25 === 0 ? 0.051 : 0.01, true);
    expect(often.areVeryShort).toBe(false);
  });

  it('are not any more after a really long one, or one that waits', () => {
    for (const [ms, isDone] of [
      [10.1, true],
      [0.01, false],
    ] as const) {
      const lengths = after(1_000_000);
      lengths.note(ms, isDone);
      expect(lengths.areVeryShort).toBe(false);
    }
  });
});
