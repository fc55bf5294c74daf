import { describe, expect, it } from 'vitest';
import { editDistance, nearestWord } from '../src/workload/nearest.js';

const KEYS = ['files', 'lines', 'jsonl', 'csv', 'items', 'range', 'stdin'];

describe('nearestWord', () => {
  it.each([
    ['file', 'files'],
    ['jsnol', 'jsonl'],
    ['JSONL', 'jsonl'],
    ['rnage', 'range'],
    ['itmes', 'items'],
  ])('takes "%s" for "%s"', (word, meant) => {
    expect(nearestWord(word, KEYS)).toBe(meant);
  });

  it('suggests nothing for a word that resembles none', () => {
    expect(nearestWord('database', KEYS)).toBeUndefined();
  });

  it('suggests nothing when nothing is known', () => {
    expect(nearestWord('file', [])).toBeUndefined();
  });
});

describe('editDistance', () => {
  it('counts a swap of neighbours as one edit', () => {
    expect(editDistance('workers', 'wrokers')).toBe(1);
  });

  it('counts insertions, deletions and substitutions', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });
});
