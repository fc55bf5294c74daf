import { describe, expect, it } from 'vitest';
import type { MemoryLevel } from '../../src/contract/events.js';
import { mostWorking, nextLevel, roomForWorkers, rulesOf } from '../../src/sizing/memory-level.js';
import type { MemoryReading } from '../../src/sizing/memory-reading.js';

const LIMIT = 1000;
const reading = (share: number, stall?: MemoryReading['stall']): MemoryReading => ({
  usedBytes: share * LIMIT,
  limitBytes: LIMIT,
  smallestLimitBytes: LIMIT,
  source: 'machine',
  stall,
});

/** The levels that a row of shares leads through. */
function levelsOf(...shares: number[]): MemoryLevel[] {
  let level: MemoryLevel = 'normal';
  return shares.map((share) => (level = nextLevel(level, reading(share))));
}

describe('the level of memory', () => {
  it('rises at 70, 80, 90 and 95 per cent', () => {
    expect(levelsOf(0.69, 0.7, 0.79, 0.8, 0.89, 0.9, 0.94, 0.95)).toEqual([
      'normal',
      'elevated',
      'elevated',
      'high',
      'high',
      'critical',
      'critical',
      'emergency',
    ]);
  });

  it('falls five points later, one step or several', () => {
    expect(levelsOf(0.96, 0.91, 0.89, 0.86, 0.84, 0.76, 0.74, 0.66, 0.64)).toEqual([
      'emergency',
      'emergency',
      'critical',
      'critical',
      'high',
      'high',
      'elevated',
      'elevated',
      'normal',
    ]);
    expect(levelsOf(0.96, 0.1)).toEqual(['emergency', 'normal']);
  });

  it('does not flutter around a threshold', () => {
    const levels = levelsOf(...Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 0.81 : 0.79)));
    expect(new Set(levels)).toEqual(new Set(['high']));
  });

  it('is one higher while programs wait for memory, but never kills for that', () => {
    const stalled = { some: 12, full: 0 };
    expect(nextLevel('normal', reading(0.3, stalled))).toBe('elevated');
    expect(nextLevel('normal', reading(0.3, { some: 2, full: 6 }))).toBe('elevated');
    expect(nextLevel('normal', reading(0.92, stalled))).toBe('critical');
    expect(nextLevel('normal', reading(0.3, { some: 9, full: 4 }))).toBe('normal');
  });
});

describe('what a level allows', () => {
  it('is growth only in peace, half of the workers from high on, and one from critical on', () => {
    expect(rulesOf('normal').mayGrow).toBe(true);
    expect(rulesOf('elevated')).toMatchObject({ mayGrow: false, shrinks: false, kills: false });
    expect([mostWorking('elevated', 7), mostWorking('high', 7), mostWorking('critical', 7)]).toEqual([7, 4, 1]);
    expect([mostWorking('high', 1), mostWorking('emergency', 1), mostWorking('critical', 0)]).toEqual([1, 1, 1]);
    expect(rulesOf('emergency').kills).toBe(true);
  });

  it('is as many workers more as fit below the first threshold', () => {
    expect(roomForWorkers(reading(0.4), 100)).toBe(3);
    expect(roomForWorkers(reading(0.4), 301)).toBe(0);
    expect(roomForWorkers(reading(0.9), 1)).toBe(0);
  });
});
