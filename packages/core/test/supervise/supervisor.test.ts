import { describe, expect, it } from 'vitest';
import { Supervisor, type Supervised } from '../../src/supervise/supervisor.js';
import { FakeClock } from '../support/fake-clock.js';

/** A worker that does what a test says, and remembers what it was told. */
class FakeWorker implements Supervised {
  readonly id: number;
  readonly startedAt: number;
  state = 'starting';
  load = 0;
  readonly told: string[] = [];

  constructor(id: number, startedAt: number) {
    this.id = id;
    this.startedAt = startedAt;
  }

  get isReady(): boolean {
    return this.state === 'idle' || this.state === 'busy';
  }

  drain(reason: string): void {
    this.told.push(`drain: ${reason}`);
    this.state = this.load > 0 ? 'draining' : 'stopping';
  }

  destroy(): void {
    this.told.push('destroy');
  }
}

function open(limits = { max: 10, withinMs: 30_000 }) {
  const clock = new FakeClock();
  const started: FakeWorker[] = [];
  const givenUp: { reason: string; cause: unknown }[] = [];
  /** What the next starts throw. */
  const startErrors: Error[] = [];
  const supervisor = new Supervisor<FakeWorker>({
    clock,
    limits,
    random: () => 1,
    start(workerId) {
      const error = startErrors.shift();
      if (error !== undefined) throw error;
      const worker = new FakeWorker(workerId, clock.now());
      started.push(worker);
      return worker;
    },
    gaveUp: (reason, cause) => givenUp.push({ reason, cause }),
  });
  const ready = (...workers: FakeWorker[]): void => {
    for (const worker of workers) {
      worker.state = 'idle';
      supervisor.onReady();
    }
  };
  const gone = (worker: FakeWorker): void => {
    worker.state = 'exited';
    supervisor.onEnd(worker, undefined);
  };
  const died = (worker: FakeWorker, uptimeMs = 5): void => {
    const wasReady = worker.state !== 'starting';
    worker.state = 'exited';
    supervisor.onEnd(worker, { wasReady, uptimeMs, tasksDone: 0, cause: `death of ${worker.id}` });
  };
  const ids = (): number[] => [...supervisor.workers].map(({ id }) => id);
  return { clock, started, givenUp, startErrors, supervisor, ready, gone, died, ids };
}

/** Lets every promise callback run that is due. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('the wanted number of workers', () => {
  it('is started, and started no more when it is there', () => {
    const { supervisor, ids, started } = open();
    supervisor.want(3);
    supervisor.want(3);
    expect(ids()).toEqual([1, 2, 3]);
    expect(started).toHaveLength(3);
    supervisor.want(4);
    expect(ids()).toEqual([1, 2, 3, 4]);
  });

  it('is come down to by draining the idle first, then the youngest', () => {
    const { supervisor, started, ready, clock } = open();
    supervisor.want(2);
    clock.advance(10);
    supervisor.want(4);
    ready(...started);
    const [old, oldIdle, young, youngest] = started as [FakeWorker, FakeWorker, FakeWorker, FakeWorker];
    old.load = young.load = youngest.load = 1;
    youngest.load = 2;
    supervisor.want(2);
    expect([old, oldIdle, young, youngest].map(({ told }) => told.length)).toEqual([0, 1, 1, 0]);
  });

  it('does not count workers that are on their way out', () => {
    const { supervisor, started, ready, ids } = open();
    supervisor.want(2);
    ready(...started);
    supervisor.want(1);
    supervisor.want(2);
    expect(ids()).toEqual([1, 2, 3]);
    expect(started.filter(({ told }) => told.length > 0)).toHaveLength(1);
  });

  it('is kept by replacing a worker that the pool had ended itself, at once', () => {
    const { supervisor, started, ready, gone, ids } = open();
    supervisor.want(2);
    ready(...started);
    gone(started[0] as FakeWorker);
    expect(ids()).toEqual([2, 3]);
  });
});

describe('a worker that ends by itself', () => {
  it('is replaced at once, the next one after its delay', () => {
    const { supervisor, started, ready, died, ids, clock } = open();
    supervisor.want(1);
    ready(started[0] as FakeWorker);
    died(started[0] as FakeWorker);
    expect(ids()).toEqual([2]);
    ready(started[1] as FakeWorker);
    died(started[1] as FakeWorker);
    expect(ids()).toEqual([]);
    clock.advance(99);
    expect(ids()).toEqual([]);
    clock.advance(1);
    expect(ids()).toEqual([3]);
    expect(clock.timers).toBe(0);
  });

  it('holds up replacements of others no longer than its delay, by one timer', () => {
    const { supervisor, started, ready, died, gone, ids, clock } = open();
    supervisor.want(3);
    ready(...started);
    died(started[0] as FakeWorker);
    died(started[1] as FakeWorker);
    gone(started[2] as FakeWorker);
    expect(ids()).toEqual([4]);
    expect(clock.timers).toBe(1);
    clock.advance(100);
    expect(ids()).toEqual([4, 5, 6]);
  });

  it('ends the pool beyond the limits, with its own end as the cause, and is not replaced', () => {
    const { supervisor, started, ready, died, givenUp, ids, clock } = open({ max: 1, withinMs: 1000 });
    supervisor.want(2);
    ready(...started);
    for (const worker of started.slice(0, 2)) died(worker);
    expect(givenUp).toEqual([{ reason: '2 workers died within 1000 ms (restart.max is 1).', cause: 'death of 2' }]);
    clock.advance(1e6);
    expect(ids()).toEqual([3]);
  });
});

describe('workers that fail to start', () => {
  it('end the pool after five, without being started in a hurry', () => {
    const { supervisor, started, died, givenUp, clock } = open();
    supervisor.want(1);
    for (let failure = 1; failure <= 5; failure++) {
      expect(started).toHaveLength(failure);
      died(started.at(-1) as FakeWorker);
      clock.advance(100 * 2 ** (failure - 1) - 1);
      expect(started).toHaveLength(failure);
      clock.advance(1);
    }
    expect(givenUp).toEqual([{ reason: '5 workers in a row failed to start.', cause: 'death of 5' }]);
    clock.advance(1e6);
    expect(started).toHaveLength(5);
    expect(clock.timers).toBe(0);
  });

  it('may fail even to be tried, which counts the same', () => {
    const { supervisor, started, startErrors, givenUp, clock } = open();
    const errors = Array.from({ length: 5 }, (_, at) => new Error(`EAGAIN ${at + 1}`));
    startErrors.push(...errors);
    supervisor.want(2);
    expect(started).toHaveLength(0);
    for (const delayMs of [100, 200, 400, 800]) clock.advance(delayMs);
    expect(givenUp).toEqual([{ reason: '5 workers in a row failed to start.', cause: errors[4] }]);
  });

  it('recover when the fault passes', () => {
    const { supervisor, startErrors, ids, clock, givenUp } = open();
    startErrors.push(new Error('EMFILE'));
    supervisor.want(2);
    expect(ids()).toEqual([]);
    clock.advance(100);
    expect(ids()).toEqual([2, 3]);
    expect(givenUp).toEqual([]);
  });
});

describe('recycle', () => {
  it('does not cut a pending delay short when a replacement cannot be started', async () => {
    const { supervisor, started, ready, died, startErrors, clock, ids } = open();
    supervisor.want(2);
    ready(...started);
    for (const worker of [...started]) died(worker);
    // The first death was replaced at once; the second waits.
    expect(ids()).toEqual([3]);
    const third = started[2] as FakeWorker;
    ready(third);
    died(third);
    expect(ids()).toEqual([]);
    clock.advance(200);
    expect(ids()).toEqual([4, 5]);
    ready(...started.slice(3));
    died(started[3] as FakeWorker);
    startErrors.push(new Error('EAGAIN'));
    void supervisor.recycle([started[4] as FakeWorker], 'by hand', () => {});
    clock.advance(399);
    expect(ids()).toEqual([5]);
    clock.advance(1);
    expect(ids()).toEqual([5, 7]);
    await turn();
  });

  it('makes each replacement ready before the old worker goes, a quarter of all at once', async () => {
    const { supervisor, started, ready, gone, ids } = open();
    supervisor.want(8);
    ready(...started);
    const old = [...started];
    const announced: number[] = [];
    const over = supervisor.recycle(old, 'by hand', ({ id }) => announced.push(id));
    for (let group = 0; group < 4; group++) {
      await turn();
      const replacements = started.slice(8 + group * 2);
      expect(replacements.map(({ id }) => id)).toEqual([9 + group * 2, 10 + group * 2]);
      expect(announced).toHaveLength(group * 2);
      ready(...replacements);
      await turn();
      expect(announced).toHaveLength(group * 2 + 2);
      const leaving = old.slice(group * 2, group * 2 + 2);
      expect(leaving.map(({ told }) => told)).toEqual(Array(2).fill(['drain: by hand']));
      leaving.forEach(gone);
    }
    await over;
    expect(ids()).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
  });

  it('goes on when a worker or its replacement dies meanwhile', async () => {
    const { supervisor, started, ready, gone, died, clock } = open();
    supervisor.want(2);
    ready(...started);
    const [first, second] = started as [FakeWorker, FakeWorker];
    const over = supervisor.recycle([first, second], 'by hand', () => {});
    await turn();
    died(started[2] as FakeWorker);
    await turn();
    expect(first.told).toHaveLength(1);
    died(second);
    gone(first);
    clock.advance(1000);
    await over;
    expect(supervisor.workers.size).toBe(2);
  });

  it('starts nothing more once the pool is closing', async () => {
    const { supervisor, started, ready, gone } = open();
    supervisor.want(2);
    ready(...started);
    const over = supervisor.recycle([...started], 'by hand', () => {});
    await turn();
    const stopped = supervisor.stop();
    started.forEach(gone);
    await Promise.all([over, stopped]);
    expect(started).toHaveLength(3);
  });
});

describe('the end', () => {
  it('by stop asks every worker to go and waits for the last', async () => {
    const { supervisor, started, ready, gone, died } = open();
    supervisor.want(2);
    ready(...started);
    let isOver = false;
    const over = supervisor.stop().then(() => (isOver = true));
    expect(started.map(({ told }) => told)).toEqual(Array(2).fill(['drain: the pool closes']));
    gone(started[0] as FakeWorker);
    await turn();
    expect(isOver).toBe(false);
    died(started[1] as FakeWorker);
    await over;
    expect(started).toHaveLength(2);
  });

  it('by kill ends every worker at once and waits for the last', async () => {
    const { supervisor, started, gone } = open();
    supervisor.want(2);
    const over = supervisor.kill();
    expect(started.map(({ told }) => told)).toEqual(Array(2).fill(['destroy']));
    started.forEach(gone);
    await over;
  });

  it('calls off a restart that was due', async () => {
    const { supervisor, started, died, clock } = open();
    supervisor.want(1);
    died(started[0] as FakeWorker);
    expect(clock.timers).toBe(1);
    await supervisor.stop();
    expect(clock.timers).toBe(0);
    expect(started).toHaveLength(1);
  });
});
