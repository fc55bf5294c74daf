import { describe, expect, it } from 'vitest';
import { SectionLedger } from '../../src/record/section-ledger.js';
import { Marks } from '../../src/sections/marks.js';
import { sectionStats } from '../../src/sections/section-stats.js';
import { deltaOf, timed } from '../fakes.js';

describe('the numbers of a name', () => {
  it('are those of all places, sides and workers', () => {
    const [parent, resize, crop] = [new SectionLedger(), new SectionLedger(), new SectionLedger()];
    timed(parent.child(undefined, 'read'), 10, 4);
    const memory = { heapBytes: 7, externalBytes: 1, rssBytes: 0, shared: 1 };
    resize.merge({ ...deltaOf(['load', 'read'], 'resize', [2, 4]), errors: 1, memory, counters: { bytes: 5 } }, 1);
    resize.merge(deltaOf(['read', 'other'], 'resize', [100]), 1);
    crop.merge({ ...deltaOf(['read'], 'crop', [8]), peak: 3, counters: { bytes: 2 } }, 2);
    const stats = sectionStats('read', [
      { where: 'parent', ledger: parent },
      { where: 'worker', pool: 'images', task: 'resize', ledger: resize },
      { where: 'worker', pool: 'images', task: 'crop', ledger: crop },
    ]);
    expect(stats).toMatchObject({
      ...{ name: 'read', count: 4, totalMs: 24, selfMs: 18, meanMs: 6, minMs: 2, maxMs: 10, errors: 1, peak: 3 },
      ...{ memory, counters: { bytes: 7 }, meanConcurrency: 1 },
      places: [
        { where: 'worker', pool: 'images', task: 'crop', path: ['read'], count: 1, selfMs: 8 },
        { where: 'worker', pool: 'images', task: 'resize', path: ['load', 'read'], count: 2, selfMs: 6 },
        { where: 'parent', path: ['read'], count: 1, selfMs: 4 },
      ],
    });
    expect(stats?.stddevMs).toBeCloseTo(Math.sqrt((16 + 4 + 4 + 16) / 4), 9);
  });

  it('are none for a name that nothing has', () => {
    expect(sectionStats('read', [{ where: 'parent', ledger: new SectionLedger() }])).toBeUndefined();
  });

  it('are found by a name as it was given, however long', () => {
    const ledger = new SectionLedger();
    const name = `${'x'.repeat(500)}\n`;
    timed(ledger.child(undefined, name), 1);
    expect(sectionStats(name, [{ where: 'parent', ledger }])?.count).toBe(1);
  });
});

describe('marks', () => {
  it('are lines of text on the time axis', () => {
    const marks = new Marks(1000);
    marks.add('deploy', undefined, 1010);
    marks.add('phase\u001b[2J', 'second\nhalf', 1020);
    expect(marks.list).toEqual([
      { atMs: 10, what: 'mark', workerId: 0, text: 'deploy' },
      { atMs: 20, what: 'mark', workerId: 0, text: 'phase�[2J: second�half' },
    ]);
  });

  it('are the first 1,000, each of 200 characters and a text of 200', () => {
    const marks = new Marks(0);
    for (let i = 0; i < 5000; i++) marks.add('n'.repeat(10_000), 't'.repeat(10_000), i);
    expect([marks.list.length, marks.dropped]).toEqual([1000, 4000]);
    expect(marks.list[0]?.text).toHaveLength(201 + 2 + 201);
  });
});
