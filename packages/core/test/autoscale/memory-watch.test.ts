import { describe, expect, it } from 'vitest';
import { MemoryWatch } from '../../src/autoscale/memory-watch.js';
import type { MemoryLevel } from '../../src/contract/events.js';
import type { MemoryReading } from '../../src/sizing/memory-reading.js';

const LIMIT = 1000;

/** A watch over memory of which a test says how much is in use, and what it has asked for. */
function open({ workers = 8, workerBytes = [50] as readonly number[] } = {}) {
  const world = { share: 0.1 as number | undefined, workers, workerBytes, isRelieved: false };
  const levels: [from: MemoryLevel, to: MemoryLevel][] = [];
  const held: number[] = [];
  const relieved: MemoryLevel[] = [];
  let reads = 0;
  let kills = 0;
  const watch = new MemoryWatch({
    read(): MemoryReading | undefined {
      reads++;
      if (world.share === undefined) return undefined;
      const usedBytes = world.share * LIMIT;
      return { usedBytes, limitBytes: LIMIT, smallestLimitBytes: LIMIT, source: 'option', stall: undefined };
    },
    workerBytes: () => world.workerBytes,
    workers: () => world.workers,
    changed: (from, to) => levels.push([from, to]),
    hold: (working) => held.push(working),
    relieve(level) {
      relieved.push(level);
      return world.isRelieved;
    },
    kill: () => kills++,
  });
  /** Looks once, with this share of the limit in use. */
  const look = (share: number, nowMs: number): void => {
    world.share = share;
    watch.look(nowMs);
  };
  return { watch, world, levels, held, relieved, look, reads: () => reads, kills: () => kills };
}

describe('memory', () => {
  it('is read once a second in peace, and at every beat while it is short', () => {
    const { watch, world, reads } = open();
    for (let nowMs = 0; nowMs < 3000; nowMs += 250) expect(watch.tick(nowMs, true)).toBe('slow');
    expect(reads()).toBe(3);
    world.share = 0.75;
    expect(watch.tick(3000, true)).toBe('slow');
    expect(watch.tick(3250, true)).toBe('slow');
    expect(reads()).toBe(5);
    world.share = 0.85;
    expect(watch.tick(3500, true)).toBe('fast');
  });

  it('is looked after without work, too, while it is short; else not', () => {
    const { watch, world } = open();
    expect(watch.tick(0, false)).toBe('rest');
    world.share = 0.92;
    expect(watch.tick(1000, false)).toBe('fast');
    world.share = 0.1;
    expect(watch.tick(1250, false)).toBe('rest');
  });

  it('that cannot be read changes nothing and limits nothing', () => {
    const { watch, world, levels, held } = open();
    world.share = undefined;
    expect(watch.tick(0, true)).toBe('slow');
    expect(watch.bounds).toEqual({ room: Infinity, cap: Infinity, isShort: false });
    expect([watch.level, watch.reading, levels, held]).toEqual(['normal', undefined, [], []]);
  });

  it('tells each change of its level once', () => {
    const { look, levels } = open();
    for (const [at, share] of [0.5, 0.72, 0.73, 0.96, 0.5, 0.5].entries()) look(share, at * 250);
    expect(levels).toEqual([
      ['normal', 'elevated'],
      ['elevated', 'emergency'],
      ['emergency', 'normal'],
    ]);
  });
});

describe('while memory is short', () => {
  it('fewer workers have work, as often as it is read; all of them again when it is over', () => {
    const { look, held } = open();
    for (const [at, share] of [0.5, 0.72, 0.85, 0.85, 0.92, 0.5, 0.5].entries()) look(share, at * 250);
    expect(held).toEqual([8, 4, 4, 1, 8]);
  });

  it('there may be half as many workers, and half of those where that was not enough after three seconds', () => {
    const { watch, world, look } = open();
    look(0.85, 0);
    expect(watch.bounds).toEqual({ room: 0, cap: 4, isShort: true });
    world.workers = 4;
    look(0.85, 2900);
    expect(watch.bounds.cap).toBe(4);
    look(0.85, 3000);
    expect(watch.bounds.cap).toBe(2);
    // A higher level is not waited for.
    look(0.92, 3250);
    expect(watch.bounds.cap).toBe(1);
    // A lower one gives nothing back before it is over.
    look(0.83, 3500);
    expect(watch.bounds.cap).toBe(1);
    look(0.5, 3750);
    expect(watch.bounds.cap).toBe(Infinity);
  });

  it('new workers in the place of those that have grown are enough at first', () => {
    const { watch, world, look, relieved } = open();
    world.isRelieved = true;
    look(0.85, 0);
    look(0.85, 5000);
    expect(watch.bounds).toEqual({ room: 0, cap: Infinity, isShort: true });
    look(0.92, 5250);
    expect(watch.bounds.cap).toBe(1);
    expect(relieved).toEqual(['high', 'high', 'critical']);
  });

  it('no worker is asked to go for an elevated level, and none is killed before an emergency', () => {
    const { look, relieved, kills } = open();
    look(0.75, 0);
    expect(relieved).toEqual([]);
    look(0.94, 250);
    expect(kills()).toBe(0);
    look(0.96, 500);
    look(0.96, 750);
    expect(kills()).toBe(2);
  });
});

describe('room for more workers', () => {
  it('is what is left, in workers as large as the largest', () => {
    const { watch, look } = open({ workerBytes: [40, 100, 0] });
    look(0.45, 0);
    expect(watch.bounds.room).toBe(2);
  });

  it('is counted in workers of 64 MiB while no worker has reported its size', () => {
    const { watch, look } = open({ workerBytes: [0, 0] });
    look(0.1, 0);
    expect(watch.bounds.room).toBe(0);
    expect(open({ workerBytes: [] }).watch.bounds.room).toBe(Infinity);
  });

  it('is none above the first level, whatever is left', () => {
    const { watch, look } = open({ workerBytes: [1] });
    look(0.75, 0);
    expect(watch.bounds.room).toBe(0);
    look(0.66, 250);
    expect([watch.level, watch.bounds.room]).toEqual(['elevated', 0]);
    look(0.64, 500);
    expect(watch.bounds.room).toBe(60);
  });
});
