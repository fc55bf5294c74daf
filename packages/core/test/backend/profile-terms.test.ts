import { describe, expect, it } from 'vitest';
import { unionOf } from '../../src/backend/profile-terms.js';
import type { ProfileTerms } from '../../src/contract/profile-messages.js';

const terms = (level: ProfileTerms['level'], own: Partial<ProfileTerms> = {}): ProfileTerms => ({
  level,
  io: false,
  sampleUs: 1000,
  heap: false,
  ...own,
});

describe('terms of several profilers', () => {
  it('are none without any, and those of the only one', () => {
    expect(unionOf([])).toBeUndefined();
    expect(unionOf([terms('trace')])).toEqual(terms('trace'));
  });

  it('serve each of them', () => {
    const both = unionOf([terms('stats', { io: true }), terms('cpu', { sampleUs: 5000, heap: true })]);
    expect(both).toEqual(terms('cpu', { io: true, sampleUs: 5000, heap: true }));
    expect(unionOf([terms('cpu', { sampleUs: 500 }), terms('cpu', { heap: true })])).toEqual(
      terms('cpu', { sampleUs: 500, heap: true }),
    );
  });

  it('have the time between samples of those that sample', () => {
    const all = unionOf([
      terms('stats', { sampleUs: 100, heap: true }),
      terms('cpu'),
      terms('trace', { sampleUs: 200 }),
    ]);
    expect(all).toEqual(terms('cpu'));
  });
});
