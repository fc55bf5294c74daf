import { describe, expect, it } from 'vitest';
import { NO_BOUNDS } from '../../src/autoscale/memory-watch.js';
import { Observer, type SizedType, type SizedWorker } from '../../src/autoscale/observer.js';
import type { UtilizationTotals } from '../../src/worker/utilization-meter.js';

/** A worker of which a test says what it has done. */
class CountedWorker implements SizedWorker {
  isReady = true;
  inFlight = 1;
  expectedMs = 5;
  bootMs = 0;
  totals: UtilizationTotals = { atMs: 0, handlerMs: 0, loopMs: 0, cpuMs: 0, delayMs: 0 };

  readUtilization(): UtilizationTotals {
    return this.totals;
  }

  works(atMs: number, cpuMs: number): this {
    this.totals = { atMs, handlerMs: atMs, loopMs: atMs, cpuMs, delayMs: atMs - cpuMs };
    return this;
  }
}

function open(workers: CountedWorker[], types: SizedType[] = []) {
  const observer = new Observer({
    workers: () => workers,
    types,
    waiting: () => ({ tasks: 7, expectedMs: 70 }),
    memory: () => NO_BOUNDS,
  });
  observer.wake(0);
  return observer;
}

describe('what was seen since the last look', () => {
  it('is what all workers did, but for one that is new', () => {
    const workers = [new CountedWorker(), new CountedWorker()];
    const observer = open(workers);
    workers.forEach((worker) => worker.works(250, 200));
    workers.push(new CountedWorker().works(4000, 4000));
    const first = observer.look(250, { workers: 3, concurrency: 1 });
    expect(first).toMatchObject({ elapsedMs: 250, spanMs: 500, handlerMs: 500, cpuMs: 400, delayMs: 100 });
    workers.forEach((worker) => worker.works(4500, 4400));
    const second = observer.look(500, { workers: 3, concurrency: 1 });
    expect(second).toMatchObject({ elapsedMs: 250, cpuMs: 4200 * 2 + 400 });
  });

  it('is nothing of a worker that had nothing to do', () => {
    const idle = new CountedWorker();
    const observer = open([idle]);
    idle.inFlight = 0;
    idle.totals = { atMs: 250, handlerMs: 0, loopMs: 3, cpuMs: 3, delayMs: 0 };
    expect(observer.look(250, { workers: 1, concurrency: 1 })).toMatchObject({ spanMs: 0, cpuMs: 0 });
  });

  it('counts tasks beyond the concurrency of their worker as waiting, and carries the numbers along', () => {
    const [busy, starting] = [new CountedWorker(), new CountedWorker()];
    busy.inFlight = 5;
    starting.isReady = false;
    const seen = open([busy, starting]).look(250, { workers: 2, concurrency: 3 });
    expect(seen).toMatchObject({ workers: 2, concurrency: 3, ready: 1, starting: 1, executing: 3, waiting: 7 + 2 });
    expect(seen.backlogMs).toBe(75);
  });

  it('has the mean start-up time of the workers that are ready, or of those that were', () => {
    const [quick, slow] = [new CountedWorker(), new CountedWorker()];
    const workers = [quick, slow];
    const observer = open(workers);
    const bootMs = () => observer.look(250, { workers: 2, concurrency: 1 }).bootMs;
    quick.isReady = slow.isReady = false;
    expect(bootMs()).toBe(0);
    Object.assign(quick, { isReady: true, bootMs: 40 });
    expect(bootMs()).toBe(40);
    Object.assign(slow, { isReady: true, bootMs: 60 });
    // However often it looks, each worker counts once.
    expect([bootMs(), bootMs()]).toEqual([50, 50]);
    workers.length = 0;
    expect(bootMs()).toBe(50);
  });

  it('is the work of all names, and how long they took against their best', () => {
    const run = { count: 0, sum: 0, mean: 0 };
    const observer = open([], [{ run }]);
    const ends = (count: number, eachMs: number) => {
      run.count += count;
      run.sum += count * eachMs;
      run.mean = run.sum / run.count;
      return observer.look(250, { workers: 1, concurrency: 1 });
    };
    expect(ends(20, 10)).toMatchObject({ ended: 20, workMs: 200, inflation: 1 });
    expect(ends(20, 30)).toMatchObject({ ended: 20, workMs: 400 });
    expect(ends(20, 30).inflation).toBeCloseTo(3, 5);
    // A few say too little to be a best.
    expect(ends(5, 1).ended).toBe(5);
    expect(ends(20, 30).inflation).toBeCloseTo(3, 5);
  });
});
