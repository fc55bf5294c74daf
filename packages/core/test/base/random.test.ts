import { afterEach, describe, expect, it, vi } from 'vitest';
import { random } from '../../src/base/random.js';

afterEach(() => void vi.restoreAllMocks());

describe('what is drawn', () => {
  it.each([0, 0.25, 1])('is what a test fixes: %s', (value) => {
    vi.spyOn(Math, 'random').mockReturnValue(value);
    expect(random()).toBe(value);
  });

  it.each([NaN, -1, 2, Infinity, 'text', undefined])('is from 0 to 1, whatever a fake draws: %s', (value) => {
    vi.spyOn(Math, 'random').mockReturnValue(value as number);
    expect(random()).toBe(0.5);
  });

  it('is there, though a fake throws', () => {
    vi.spyOn(Math, 'random').mockImplementation(() => {
      throw new Error('replaced');
    });
    expect(random()).toBe(0.5);
  });

  it('differs from call to call', () => {
    expect(new Set(Array.from({ length: 10 }, random)).size).toBe(10);
  });
});
