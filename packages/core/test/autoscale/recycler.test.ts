import { describe, expect, it } from 'vitest';
import { type Recyclable, Recycler } from '../../src/autoscale/recycler.js';
import { type Deferred, deferred } from '../../src/base/deferred.js';
import type { RecycleRules } from '../../src/contract/resolved-options.js';
import type { LeakVerdict } from '../../src/sizing/leak.js';

const MIB = 1024 * 1024;

/** A worker whose work and memory a test tells. */
class AgingWorker implements Recyclable {
  readonly id: number;
  isReady = true;
  tasksDone = 0;
  inFlight = 0;
  mostTasks = Infinity;
  readyAtMs = 0;
  readonly metrics = {
    rssBytes: 50 * MIB,
    warmRssBytes: 50 * MIB,
    get keptBytes() {
      return this.rssBytes - 10 * MIB;
    },
  };

  constructor(id: number) {
    this.id = id;
  }

  readyMs(nowMs: number): number {
    return nowMs - this.readyAtMs;
  }

  limitTasks(mostTasks: number): void {
    this.mostTasks = mostTasks;
  }
}

/** A recycler of `count` workers under these rules. Replacements are done when a test says so. */
function open(rules: Partial<RecycleRules>, { count = 1, jitter = 0, random = (): number => 0 } = {}) {
  const workers = Array.from({ length: count }, (_, index) => new AgingWorker(index + 1));
  const replaced: { id: number; reason: string }[] = [];
  const ways: { takeOver: string; isFinal: boolean }[] = [];
  const leaks: { id: number; verdict: LeakVerdict }[] = [];
  const underway = new Map<number, Deferred<void>>();
  const time = { nowMs: 0 };
  let rooms = 0;
  const recycler = new Recycler<AgingWorker>({
    rules: { afterTasks: undefined, afterMs: undefined, aboveRssBytes: undefined, onLeak: false, ...rules },
    jitter,
    random,
    now: () => time.nowMs,
    workers: () => workers,
    wanted: () => count,
    haveRoom: () => rooms++,
    replace({ id }, { reason, takeOver, isFinal }) {
      replaced.push({ id, reason });
      ways.push({ takeOver, isFinal });
      const replacement = new AgingWorker(id + 100);
      replacement.isReady = false;
      workers.push(replacement);
      underway.set(id, deferred<void>());
      return (underway.get(id) as Deferred<void>).promise;
    },
    leaks: ({ id }, verdict) => leaks.push({ id, verdict }),
  });
  /** This one has gone, and a new one is there. */
  const finish = async (id: number): Promise<void> => {
    workers.splice(
      workers.findIndex((worker) => worker.id === id),
      1,
    );
    for (const worker of workers) worker.isReady ||= worker.id === id + 100;
    underway.get(id)?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  /** No new one could be started for it. */
  const fail = async (id: number): Promise<void> => {
    workers.splice(
      workers.findIndex((worker) => worker.id === id + 100),
      1,
    );
    underway.get(id)?.reject(new Error('spawn EAGAIN'));
    await new Promise((resolve) => setImmediate(resolve));
  };
  /** All of them go to work. */
  const limit = (): void => {
    for (const worker of workers) recycler.limit(worker);
  };
  const first = workers[0] as AgingWorker;
  return { recycler, workers, first, replaced, ways, leaks, time, finish, fail, limit, rooms: () => rooms };
}

describe('a worker that has taken its last task', () => {
  it('is replaced while it still runs, and only once', async () => {
    const { recycler, first, replaced, ways, finish, limit } = open({ afterTasks: 100 });
    limit();
    Object.assign(first, { tasksDone: 90, inFlight: 9 });
    recycler.noteHandedOut();
    expect(replaced).toEqual([]);
    Object.assign(first, { tasksDone: 98, inFlight: 2 });
    recycler.noteHandedOut();
    Object.assign(first, { tasksDone: 100, inFlight: 0 });
    recycler.noteHandedOut();
    recycler.tick(1000, true);
    expect(replaced).toEqual([{ id: 1, reason: '100 tasks' }]);
    expect(ways).toEqual([{ takeOver: 'done', isFinal: false }]);
    await finish(1);
    recycler.tick(2000, true);
    expect(replaced).toHaveLength(1);
  });

  it('waits while as many are being replaced as may be', async () => {
    const { recycler, workers, replaced, finish, limit } = open({ afterTasks: 10 }, { count: 8 });
    limit();
    for (const worker of workers) worker.tasksDone = 10;
    recycler.noteHandedOut();
    expect(replaced.map(({ id }) => id)).toEqual([1, 2]);
    recycler.tick(1000, true);
    expect(replaced).toHaveLength(2);
    await finish(1);
    recycler.tick(2000, true);
    expect(replaced.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('that is not ready is left alone', () => {
    const { recycler, first, replaced, limit } = open({ afterTasks: 1 });
    limit();
    Object.assign(first, { tasksDone: 5, isReady: false });
    recycler.tick(0, true);
    recycler.noteHandedOut();
    expect(replaced).toEqual([]);
  });

  it('has fewer tasks than its neighbour, by jitter drawn once for each', () => {
    const draws = [1, 0];
    const options = { count: 8, jitter: 0.2, random: () => draws.shift() ?? 0 };
    const { recycler, workers, replaced, limit } = open({ afterTasks: 100 }, options);
    limit();
    limit();
    expect(workers.map(({ mostTasks }) => mostTasks)).toEqual([80, 100, 100, 100, 100, 100, 100, 100]);
    for (const worker of workers) worker.tasksDone = 80;
    recycler.tick(0, true);
    recycler.tick(1000, true);
    expect(replaced).toEqual([{ id: 1, reason: '80 tasks' }]);
  });
});

describe('a worker that cannot be replaced', () => {
  it('goes on working beyond its tasks, and is tried again no sooner than a second later, and later each time', async () => {
    const { recycler, first, replaced, ways, time, fail, limit, rooms } = open({ afterTasks: 10 });
    limit();
    first.tasksDone = 10;
    recycler.noteHandedOut();
    await fail(1);
    expect([first.mostTasks, rooms()]).toEqual([Infinity, 1]);
    first.tasksDone = 11;
    for (time.nowMs = 0; time.nowMs < 1000; time.nowMs += 100) {
      recycler.noteHandedOut();
      recycler.tick(time.nowMs, true);
    }
    expect(replaced).toHaveLength(1);
    recycler.tick(1800, true);
    expect(replaced).toEqual(Array(2).fill({ id: 1, reason: '10 tasks' }));
    // It has work in flight by now, so the new one does not wait for its end.
    expect(ways[1]).toEqual({ takeOver: 'ready', isFinal: false });
    await fail(1);
  });

  it('holds up no other one that comes to its last task meanwhile', async () => {
    const { recycler, workers, first, replaced, fail, limit } = open({ afterTasks: 10 }, { count: 2 });
    limit();
    first.tasksDone = 10;
    recycler.noteHandedOut();
    const second = workers[1] as AgingWorker;
    second.tasksDone = 10;
    await fail(1);
    expect(second.mostTasks).toBe(Infinity);
    recycler.noteHandedOut();
    expect(replaced).toHaveLength(1);
  });

  it('does not get a second task where each worker has one: its replacement is as any other worker that is missing', () => {
    const { recycler, first, ways, limit } = open({ afterTasks: 1 });
    limit();
    first.inFlight = 1;
    recycler.noteHandedOut();
    expect(ways).toEqual([{ takeOver: 'done', isFinal: true }]);
  });

  it('is tried again later for its age, too', async () => {
    const { recycler, replaced, time, fail, finish } = open({ afterMs: 5000 });
    recycler.tick(5000, false);
    time.nowMs = 5000;
    await fail(1);
    recycler.tick(5950, false);
    expect(replaced).toHaveLength(1);
    recycler.tick(7000, false);
    expect(replaced).toHaveLength(2);
    await finish(1);
  });
});

describe('an old worker', () => {
  it('is replaced, even when there is no work', () => {
    const { recycler, replaced } = open({ afterMs: 60_000 });
    for (let nowMs = 0; nowMs < 60_000; nowMs += 1000) expect(recycler.tick(nowMs, false)).toBe('slow');
    expect(replaced).toEqual([]);
    recycler.tick(60_000, false);
    expect(replaced).toEqual([{ id: 1, reason: '60 s old' }]);
  });

  it('makes no beats where age does not count', () => {
    const { recycler } = open({ afterTasks: 5, aboveRssBytes: 1, onLeak: true });
    expect([recycler.tick(0, true), recycler.tick(1000, false)]).toEqual(['slow', 'rest']);
  });
});

describe('a worker that has grown', () => {
  it('is replaced, looked at once a second', () => {
    const { recycler, first, replaced } = open({ aboveRssBytes: 100 * MIB });
    recycler.tick(0, true);
    first.metrics.rssBytes = 151 * MIB;
    for (const nowMs of [250, 500, 750]) recycler.tick(nowMs, true);
    expect(replaced).toEqual([]);
    // A beat that comes a little early counts.
    recycler.tick(950, true);
    expect(replaced).toEqual([{ id: 1, reason: 'memory: 101 MiB more than when it was warm' }]);
  });
});

describe('a worker whose memory grows with its tasks', () => {
  /** A second of work for all that there are. */
  const work = (workers: AgingWorker[], bytesPerTask: number): void => {
    for (const worker of workers) {
      worker.tasksDone += 10;
      worker.metrics.rssBytes += 10 * bytesPerTask;
    }
  };

  it('is reported once, after thirty points of two readings each', () => {
    const { recycler, workers, leaks, replaced } = open({});
    let second = 0;
    for (; second < 59; second++) {
      work(workers, 100 * 1024);
      recycler.tick(second * 1000, true);
    }
    expect(leaks).toEqual([]);
    for (; second < 100; second++) {
      work(workers, 100 * 1024);
      recycler.tick(second * 1000, true);
    }
    expect(leaks).toMatchObject([{ id: 1, verdict: { isLeak: true, points: 30, bytesPerTask: 100 * 1024 } }]);
    expect(replaced).toEqual([]);
  });

  it('is replaced with onLeak, and what is known of it does not pass on to the new one', async () => {
    const { recycler, workers, leaks, replaced, finish } = open({ onLeak: true });
    for (let second = 0; second < 60; second++) {
      work(workers, 100 * 1024);
      recycler.tick(second * 1000, true);
    }
    expect(replaced).toEqual([{ id: 1, reason: expect.stringMatching(/^leak: 100\.0 KiB a task, 5\d MiB in all$/) }]);
    await finish(1);
    for (let second = 60; second < 119; second++) {
      work(workers, 100 * 1024);
      recycler.tick(second * 1000, true);
    }
    expect(replaced).toHaveLength(1);
    expect(leaks.map(({ id }) => id)).toEqual([1]);
  });

  it('is not meant when its memory only comes and goes, or when it does nothing', () => {
    const { recycler, workers, first, leaks } = open({ onLeak: true }, { count: 2 });
    const idle = workers[1] as AgingWorker;
    for (let second = 0; second < 300; second++) {
      first.tasksDone += 10;
      first.metrics.rssBytes = (50 + 40 * (second % 7)) * MIB;
      // The growth comes from elsewhere: it has no task of its own.
      idle.metrics.rssBytes += MIB;
      recycler.tick(second * 1000, true);
    }
    expect(leaks).toEqual([]);
  });

  it('is not judged before it has reported its memory', () => {
    const { recycler, first, leaks } = open({ onLeak: true });
    first.metrics.rssBytes = 0;
    for (let second = 0; second < 100; second++) {
      first.tasksDone += 10;
      recycler.tick(second * 1000, true);
    }
    expect(leaks).toEqual([]);
  });
});
