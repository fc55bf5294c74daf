import { describe, expect, it } from 'vitest';
import { Backlog } from '../../src/child/backlog.js';

describe('the work that waits in a worker', () => {
  it('is known by what its rows cost lately, whatever the number that started together', () => {
    const backlog = new Backlog();
    backlog.add(1000, false);
    expect(backlog.leftMs).toBe(0);
    for (let call = 0; call < 200; call++) {
      backlog.start(4);
      backlog.note(4, 2);
    }
    expect(backlog.rows).toBe(200);
    expect(backlog.leftMs).toBeCloseTo(100, 0);
    for (let call = 0; call < 200; call++) backlog.note(1, 0.1);
    expect(backlog.leftMs).toBeCloseTo(20, 0);
  });

  it('is more than that as far as the latest frame says so', () => {
    const backlog = new Backlog();
    backlog.add(1, true);
    expect(backlog.hasMore).toBe(true);
    backlog.add(1, false);
    expect([backlog.rows, backlog.hasMore]).toEqual([2, false]);
  });
});
