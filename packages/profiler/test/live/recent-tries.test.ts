import { describe, expect, it } from 'vitest';
import { type RanTry, RecentTries } from '../../src/live/recent-tries.js';

const one = (startedMs: number, endedMs: number, fields: Partial<RanTry> = {}): RanTry => ({
  ...{ pool: 0, workerId: 1, task: 'a', startedMs, endedMs, failed: false },
  ...fields,
});

describe('recent tries', () => {
  it('join neighbours of one worker, name and outcome, and count them', () => {
    const tries = new RecentTries();
    for (let i = 0; i < 5; i++) tries.add(one(i * 10, i * 10 + 8));
    tries.add(one(50, 58, { failed: true }));
    tries.add(one(60, 68));
    tries.add(one(100, 108));
    tries.settle(1_000);
    expect(tries.after(0).blocks).toEqual([
      [0, 1, 0, 48, 'a', 0, 5],
      [0, 1, 50, 58, 'a', 1, 1],
      [0, 1, 60, 68, 'a', 0, 1],
      [0, 1, 100, 108, 'a', 0, 1],
    ]);
  });

  it('give each block once, and only when it grows no more', () => {
    const tries = new RecentTries();
    tries.add(one(0, 10));
    tries.settle(20);
    const first = tries.after(0);
    expect(first.blocks).toEqual([]);
    tries.add(one(12, 30));
    tries.settle(200);
    const second = tries.after(first.cursor);
    expect(second.blocks).toEqual([[0, 1, 0, 30, 'a', 0, 2]]);
    expect(tries.after(second.cursor).blocks).toEqual([]);
  });

  it('forget what is older than a minute, and a reader of before goes on with what is left', () => {
    const tries = new RecentTries();
    for (let at = 0; at < 90_000; at += 200) tries.add(one(at, at + 150));
    tries.settle(90_200);
    const all = tries.after(0);
    expect(all.blocks[0]?.[3]).toBeGreaterThanOrEqual(30_200);
    expect(all.cursor).toBe(450);
    expect(tries.after(5).blocks).toEqual(all.blocks);
    expect(tries.after(all.cursor - 2).blocks).toEqual(all.blocks.slice(-2));
  });

  it('keep at most 40,000 blocks, and count the tries of those that went', () => {
    const tries = new RecentTries();
    for (let i = 0; i < 50_000; i++) tries.add(one(i, i + 1, { task: `t${i % 2}` }));
    tries.settle(50_000 + 1_000);
    const { blocks, lost, cursor } = tries.after(0);
    expect([blocks.length, lost, cursor]).toEqual([40_000, 10_000, 50_000]);
  });

  it('cut names', () => {
    const tries = new RecentTries();
    tries.add(one(0, 1, { task: 'x'.repeat(10_000) }));
    tries.settle(1_000);
    expect(tries.after(0).blocks[0]?.[4]).toHaveLength(120);
  });
});
