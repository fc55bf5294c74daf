import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, nearestName, nearestOrAll } from '../../src/base/nearest.js';

const OPTIONS = ['workers', 'workload', 'timeoutMs', 'graceMs', 'queue', 'retry'];

describe('nearestName', () => {
  it.each([
    ['worker', 'workers'],
    ['timeout', 'timeoutMs'],
    ['WORKERS', 'workers'],
    ['qeue', 'queue'],
    ['uqeue', 'queue'],
    ['rettry', 'retry'],
    ['gracems', 'graceMs'],
    ['grace', 'graceMs'],
    ['queueLength', 'queue'],
    ['retryPolicy', 'retry'],
    ['workersAtMost', 'workers'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearestName(typed, OPTIONS)).toBe(meant);
  });

  it.each(['colour', 'x', 'maximumNumberOfThings', ''])('finds nothing near to "%s"', (typed) => {
    expect(nearestName(typed, OPTIONS)).toBeUndefined();
  });

  it.each([
    ['a name of a megabyte', 'w'.repeat(2 ** 20), OPTIONS],
    ['known names of a megabyte', 'workers', ['w'.repeat(2 ** 20)]],
  ])('takes no time over %s', (_, name, known) => {
    expect(nearestName(name, known)).toBeUndefined();
  });

  it('has no answer when nothing is known', () => {
    expect(nearestName('workers', [])).toBeUndefined();
  });

  it('finds a known name that is typed right, and one that lacks a letter', () => {
    fc.assert(
      fc.property(fc.constantFrom(...OPTIONS), fc.nat(20), (name, at) => {
        expect(nearestName(name, OPTIONS)).toBe(name);
        const position = at % name.length;
        expect(nearestName(name.slice(0, position) + name.slice(position + 1), OPTIONS)).toBe(name);
      }),
    );
  });
});

describe('the end of a message', () => {
  it('asks whether a known name was meant', () => {
    expect(didYouMean('qeue', OPTIONS)).toBe(' Did you mean "queue"?');
    expect(nearestOrAll('qeue', OPTIONS)).toBe(' Did you mean "queue"?');
  });

  it('without one is empty, or has all known names', () => {
    expect(didYouMean('colour', OPTIONS)).toBe('');
    expect(didYouMean(5, OPTIONS)).toBe('');
    expect(nearestOrAll('colour', ['queue', 'retry'])).toBe(' Known here: queue, retry.');
  });
});
