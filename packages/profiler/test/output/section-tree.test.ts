import { describe, expect, it } from 'vitest';
import { sectionTree } from '../../src/output/section-tree.js';

const section = (path: string, totalMs: number) => ({ path: path.split('/'), totalMs });

describe('a tree of sections', () => {
  it('has inner ones below their outer one, siblings by time', () => {
    const nodes = sectionTree([
      section('a', 5),
      section('b/x', 3),
      section('b', 9),
      section('b/y', 4),
      section('b/y/z', 1),
    ]);
    expect(nodes.map(({ section: { path }, depth }) => `${depth} ${path.join('/')}`)).toEqual([
      '0 b',
      '1 b/y',
      '2 b/y/z',
      '1 b/x',
      '0 a',
    ]);
  });

  it('has one at the top whose outer one is missing, and loses none', () => {
    const nodes = sectionTree([section('lost/x', 3), section('a', 5), section('a', 2)]);
    expect(nodes.map(({ section: { path }, depth }) => `${depth} ${path.join('/')}`)).toEqual([
      '0 a',
      '0 lost/x',
      '0 a',
    ]);
  });
});
