import { describe, expect, it } from 'vitest';
import { CallLengths } from '../../src/child/call-lengths.js';

describe('the calls of a handler', () => {
  it('are very short after thousands of them, until one is not', () => {
    const lengths = new CallLengths();
    for (let call = 0; call < 4095; call++) lengths.note(0.01, true);
    expect(lengths.areVeryShort).toBe(false);
    lengths.note(0.05, true);
    expect(lengths.areVeryShort).toBe(true);
    lengths.note(0.051, true);
    expect(lengths.areVeryShort).toBe(false);
  });

  it('may be long for the thousand calls after one that was', () => {
    const lengths = new CallLengths();
    for (let call = 0; call < 100; call++) lengths.note(9, true);
    expect(lengths.mayBeLong).toBe(false);
    lengths.note(11, true);
    expect(lengths.mayBeLong).toBe(true);
    for (let call = 0; call < 998; call++) lengths.note(0.01, true);
    expect(lengths.mayBeLong).toBe(true);
    lengths.note(0.01, true);
    expect(lengths.mayBeLong).toBe(false);
  });
});
