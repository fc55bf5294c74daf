import { describe, expect, it } from 'vitest';
import { HeldTime } from '../../src/child/held-time.js';

describe('the time of tasks in handlers', () => {
  it('is what handlers took that returned at once', () => {
    const held = new HeldTime();
    held.ran(10);
    held.ran(2.5);
    expect(held.totalMs(1000)).toBe(12.5);
  });

  it('goes on while a handler waits, and ends with it', () => {
    const held = new HeldTime();
    held.waits(100);
    expect([held.totalMs(100), held.totalMs(150), held.totalMs(400)]).toEqual([0, 50, 300]);
    held.ended(100, 400);
    expect([held.totalMs(400), held.totalMs(9000)]).toEqual([300, 300]);
  });

  it('counts each of those that wait at once', () => {
    const held = new HeldTime();
    held.waits(0);
    held.waits(100);
    held.ran(5);
    expect(held.totalMs(200)).toBe(305);
    held.ended(0, 200);
    expect(held.totalMs(300)).toBe(405);
    held.ended(100, 300);
    expect(held.totalMs(1000)).toBe(405);
  });
});
