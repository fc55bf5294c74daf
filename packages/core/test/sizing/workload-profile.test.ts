import { describe, expect, it } from 'vitest';
import {
  addTick,
  cpuPerLoop,
  isKnown,
  kindOf,
  loopShare,
  NO_SHAPE,
  tasksPerLoop,
  type WorkloadProfile,
} from '../../src/sizing/workload-profile.js';
import { sampleOf } from '../support/sizing-sample.js';

/** What of a tick's time each of `workers` had a task, had tasks in handlers, an active loop, and a core. */
interface Shares {
  workers?: number;
  held: number;
  loop: number;
  cpu: number;
}
const COMPUTING: Shares = { held: 1, loop: 1, cpu: 1 };
const BLOCKING: Shares = { held: 1, loop: 1, cpu: 0.1 };
const WAITING: Shares = { held: 50, loop: 0.5, cpu: 0.5 };

/** On four cores. @returns the shape, and how often tasks were found to be of another kind */
function after(...ticks: Shares[]): { shape: WorkloadProfile; turns: number } {
  let shape = NO_SHAPE;
  let turns = 0;
  for (const { workers = 4, held, loop, cpu } of ticks) {
    const spanMs = workers * 250;
    const sample = sampleOf({
      ready: workers,
      spanMs,
      handlerMs: held * spanMs,
      loopMs: loop * spanMs,
      cpuMs: cpu * spanMs,
    });
    const next = addTick(shape, sample, 4);
    shape = next.shape;
    if (next.isNew) turns++;
  }
  return { shape, turns };
}

describe('the shape of a load', () => {
  it.each([
    ['computing', COMPUTING, 1, 1, 1],
    ['blocking', BLOCKING, 1, 0.1, 1],
    ['waiting', WAITING, 100, 1, 0.5],
    ['mixed', { held: 3, loop: 1, cpu: 0.9 }, 3, 0.9, 1],
  ] as const)('of %s tasks is known after one tick', (kind, shares, tasks, cpu, active) => {
    const { shape } = after(shares);
    expect(isKnown(shape)).toBe(true);
    expect(kindOf(shape)).toBe(kind);
    expect(tasksPerLoop(shape)).toBeCloseTo(tasks);
    expect(cpuPerLoop(shape)).toBeCloseTo(cpu);
    expect(loopShare(shape)).toBeCloseTo(active);
  });

  it('is kept while there is nothing to do', () => {
    const { shape } = after(WAITING, WAITING);
    expect(addTick(shape, sampleOf({ ready: 4 }), 4)).toEqual({ shape, isNew: false });
  });

  it('follows what drifts', () => {
    const drift = Array.from({ length: 20 }, (_, tick) => ({ ...COMPUTING, cpu: 1 - tick * 0.03 }));
    const { shape, turns } = after(...drift);
    expect(turns).toBe(0);
    expect(cpuPerLoop(shape)).toBeLessThan(0.55);
  });
});

describe('another kind of tasks', () => {
  it('is known after two ticks in a row, and then nothing of the one before is left', () => {
    const { shape, turns } = after(WAITING, WAITING, WAITING, COMPUTING, COMPUTING);
    expect(turns).toBe(1);
    expect(tasksPerLoop(shape)).toBe(1);
  });

  it('is not known after one odd tick, which counts for nothing', () => {
    const { shape, turns } = after(WAITING, WAITING, COMPUTING, WAITING);
    expect(turns).toBe(0);
    expect(shape).toMatchObject({ ...after(WAITING, WAITING, WAITING).shape, ticks: 4 });
  });

  it('is not what other numbers look like where workers take the cores from each other', () => {
    const many = { workers: 32, held: 1, loop: 1, cpu: 0.125 };
    const { shape, turns } = after(many, many, many, ...Array<Shares>(8).fill(COMPUTING));
    expect(turns).toBe(0);
    expect(cpuPerLoop(shape)).toBe(1);
  });

  it('is seen there, too, once the numbers have stayed for a second', () => {
    const blocking = { workers: 32, ...BLOCKING, cpu: 0.05 };
    const computing = { workers: 32, ...COMPUTING, cpu: 0.125 };
    expect(after(...Array<Shares>(4).fill(blocking), computing, computing).turns).toBe(1);
    expect(after(blocking, computing, computing).turns).toBe(0);
  });
});
