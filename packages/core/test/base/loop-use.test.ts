import { describe, expect, it } from 'vitest';
import { LoopActivity } from '../../src/base/loop-use.js';

describe('the active time of an event loop', () => {
  const NOTHING = { activeMs: 0, readyMs: 0, calledMs: 0 };

  it('is that of Node while no sampler runs', () => {
    const loop = new LoopActivity(NOTHING);
    expect(loop.read({ activeMs: 70, readyMs: 10, calledMs: 10 }, false)).toBe(70);
    expect(loop.read({ activeMs: 60, readyMs: 10, calledMs: 10 }, false)).toBe(70);
  });

  it('is what the thread computed, waited for a core, or was blocked, while one runs', () => {
    const loop = new LoopActivity(NOTHING);
    // It only waits.
    expect(loop.read({ activeMs: 90, readyMs: 4, calledMs: 1 }, true)).toBe(4);
    // It computes.
    expect(loop.read({ activeMs: 190, readyMs: 100, calledMs: 95 }, true)).toBe(100);
    // It is blocked in handlers.
    expect(loop.read({ activeMs: 290, readyMs: 101, calledMs: 190 }, true)).toBe(195);
    // It is never more than Node says.
    expect(loop.read({ activeMs: 300, readyMs: 200, calledMs: 290 }, true)).toBe(205);
  });

  it('is that of Node where the system does not count', () => {
    const loop = new LoopActivity({ ...NOTHING, readyMs: null });
    expect(loop.read({ activeMs: 90, readyMs: null, calledMs: 1 }, true)).toBe(90);
    expect(loop.read({ activeMs: 180, readyMs: 10, calledMs: 1 }, true)).toBe(180);
    expect(loop.read({ activeMs: 280, readyMs: 12, calledMs: 1 }, true)).toBe(182);
  });
});
