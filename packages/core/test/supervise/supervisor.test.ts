import { describe, expect, it } from 'vitest';
import type { Timer } from '../../src/base/clock.js';
import type { TakeOver } from '../../src/supervise/replacements.js';
import type { Supervised } from '../../src/supervise/supervised.js';
import { Supervisor } from '../../src/supervise/supervisor.js';
import { FakeClock } from '../support/fake-clock.js';

/** A worker that does what a test says, and remembers the orders of the supervisor. */
class FakeWorker implements Supervised {
  readonly id: number;
  readonly slot: number;
  readonly startedAt: number;
  readonly metrics = { rssBytes: 0 };
  usedAtMs = 0;
  state = 'starting';
  inFlight = 0;
  readonly told: string[] = [];

  constructor(id: number, slot: number, startedAt: number) {
    this.id = id;
    this.slot = slot;
    this.startedAt = startedAt;
  }

  get isReady(): boolean {
    return this.state === 'idle' || this.state === 'busy';
  }

  drain(reason: string): void {
    this.told.push(`drain: ${reason}`);
    this.state = this.inFlight > 0 ? 'draining' : 'stopping';
  }

  destroy(): void {
    this.told.push('destroy');
  }
}

function open(limits = { max: 10, withinMs: 30_000 }, atOnce = Infinity, inTurns = false) {
  const clock = new FakeClock();
  const recycled: string[] = [];
  const stayed: string[] = [];
  const turns: (() => void)[] = [];
  const started: FakeWorker[] = [];
  /** Workers that were given tasks, by id. */
  const active: number[] = [];
  const givenUp: { reason: string; cause: unknown }[] = [];
  /** What the next starts throw. */
  const startErrors: Error[] = [];
  const supervisor = new Supervisor<FakeWorker>({
    clock,
    limits,
    teardownMs: 5000,
    destroyMs: 500,
    random: () => 1,
    nextTurn(callback): Timer {
      if (inTurns) turns.push(callback);
      else callback();
      return { cancel: () => turns.splice(0) };
    },
    startsAtOnce: () => atOnce,
    recycled: ({ id }, reason) => recycled.push(`${id}: ${reason}`),
    recycleFailed: ({ id }, reason, error) => stayed.push(`${id}: ${reason}: ${String(error)}`),
    start(workerId, slot) {
      const error = startErrors.shift();
      if (error !== undefined) throw error;
      const worker = new FakeWorker(workerId, slot, clock.now());
      started.push(worker);
      return worker;
    },
    activate: (worker) => active.push(worker.id),
    gaveUp: (reason, cause) => givenUp.push({ reason, cause }),
  });
  const ready = (...workers: FakeWorker[]): void => {
    for (const worker of workers) {
      worker.state = 'idle';
      supervisor.onReady(worker);
      supervisor.relieve();
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
  /** What becomes of replacing a worker, as a rule would have it. */
  const replace = (worker: FakeWorker, takeOver: TakeOver = 'ready', isFinal = false): { end?: string } => {
    const seen: { end?: string } = {};
    supervisor.replace(worker, { reason: 'old', takeOver, isFinal }).then(
      () => (seen.end = 'gone'),
      (error: unknown) => (seen.end = String(error)),
    );
    return seen;
  };
  const changes = { recycled, stayed, replace, turns };
  return { clock, started, active, givenUp, startErrors, supervisor, ready, gone, died, ids, ...changes };
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

  it('is come down to by draining the idle first, and of these the coldest', () => {
    const { supervisor, started, ready } = open();
    supervisor.want(4);
    ready(...started);
    const [busy, warm, cold, coldest] = started as [FakeWorker, FakeWorker, FakeWorker, FakeWorker];
    busy.inFlight = 1;
    [busy.usedAtMs, warm.usedAtMs, cold.usedAtMs, coldest.usedAtMs] = [10, 40, 30, 20];
    supervisor.want(2);
    expect([busy, warm, cold, coldest].map(({ told }) => told.length)).toEqual([0, 0, 1, 1]);
  });

  it('is come down to by draining those with the most memory, where that is short', () => {
    const { supervisor, started, ready } = open();
    supervisor.want(3);
    ready(...started);
    const [small, large, middle] = started as [FakeWorker, FakeWorker, FakeWorker];
    [small.metrics.rssBytes, large.metrics.rssBytes, middle.metrics.rssBytes] = [1, 3, 2];
    supervisor.want(2, 'fattest');
    expect([small, large, middle].map(({ told }) => told.length)).toEqual([0, 1, 0]);
  });

  it('is come down to by draining the one started last, idle or busy, where all have enough to do', () => {
    const { supervisor, started, ready } = open();
    supervisor.want(3);
    ready(...started);
    const [first, second, last] = started as [FakeWorker, FakeWorker, FakeWorker];
    [second.inFlight, last.inFlight] = [1, 1];
    [first.usedAtMs, second.usedAtMs, last.usedAtMs] = [10, 20, 30];
    supervisor.want(2, 'newest');
    expect([first, second, last].map(({ told }) => told.length)).toEqual([0, 0, 1]);
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

describe('a spare', () => {
  it('is warm and has no tasks, until another worker ends; then it has, and another stands by', () => {
    const { supervisor, started, active, ready, died } = open();
    supervisor.want(2);
    supervisor.wantSpares(1);
    expect(started).toHaveLength(3);
    ready(...started);
    expect(active).toEqual([1, 2]);
    expect(supervisor.staying().map(({ id }) => id)).toEqual([1, 2]);
    died(started[0] as FakeWorker);
    // At once, though no worker has become ready in that time.
    expect(active).toEqual([1, 2, 3]);
    expect(started).toHaveLength(4);
    ready(started[3] as FakeWorker);
    expect(active).toEqual([1, 2, 3]);
    expect([...supervisor.spares].map(({ id }) => id)).toEqual([4]);
  });

  it('works when more workers are wanted, and is replaced', () => {
    const { supervisor, started, active, ready } = open();
    supervisor.want(1);
    supervisor.wantSpares(1);
    ready(...started);
    supervisor.want(2);
    expect(active).toEqual([1, 2]);
    expect(started).toHaveLength(3);
  });

  it('that starts does not count as a worker too many', () => {
    const { supervisor, started, active, ready, ids } = open();
    supervisor.want(1);
    supervisor.wantSpares(1);
    supervisor.want(2);
    supervisor.want(1);
    ready(...started.filter(({ told }) => told.length === 0));
    expect(active).toHaveLength(1);
    expect([...supervisor.spares]).toHaveLength(1);
    // One takes the place of the spare that went to work.
    supervisor.want(2);
    expect(started.at(-1)?.told).toEqual([]);
    expect(supervisor.staying()).toHaveLength(3);
    ready(started.at(-1) as FakeWorker);
    expect([active.length, supervisor.spares.size]).toEqual([2, 1]);
    expect(ids().length - supervisor.staying().length).toBe(2);
  });

  it('that is not wanted any more goes though it only starts', () => {
    const { supervisor, started, active, ready, clock } = open();
    supervisor.want(1);
    ready(...started);
    (started[0] as FakeWorker).usedAtMs = clock.now();
    supervisor.wantSpares(1);
    supervisor.wantSpares(0);
    expect(started.map(({ told }) => told)).toEqual([[], ['drain: fewer workers wanted']]);
    expect(active).toEqual([1]);
  });

  it('that ends is replaced, and one too many goes', () => {
    const { supervisor, started, active, ready, died } = open();
    supervisor.want(1);
    supervisor.wantSpares(1);
    ready(...started);
    died(started[1] as FakeWorker);
    ready(started[2] as FakeWorker);
    expect([...supervisor.spares].map(({ id }) => id)).toEqual([3]);
    supervisor.wantSpares(0);
    expect(started[2]?.told).toEqual(['drain: fewer spares wanted']);
    expect(active).toEqual([1]);
  });

  it('is not what replaces a worker that is recycled: that is new', async () => {
    const { supervisor, started, active, ready, gone, replace } = open();
    supervisor.want(1);
    supervisor.wantSpares(1);
    ready(...started);
    const replaced = replace(started[0] as FakeWorker);
    ready(started[2] as FakeWorker);
    expect(active).toEqual([1, 3]);
    expect(started[0]?.told).toEqual(['drain: old']);
    gone(started[0] as FakeWorker);
    await turn();
    expect(replaced.end).toBe('gone');
    expect([...supervisor.spares].map(({ id }) => id)).toEqual([2]);
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

  it('end no pool that has a worker at work, and do so once that has gone', () => {
    const { supervisor, started, ready, died, givenUp, clock } = open();
    supervisor.want(2);
    const [first] = started as [FakeWorker];
    ready(first);
    for (let failure = 1; failure <= 8; failure++) {
      died(started.at(-1) as FakeWorker);
      clock.advance(5000);
    }
    expect([givenUp, started.length]).toEqual([[], 10]);
    died(first);
    died(started.at(-1) as FakeWorker);
    expect(givenUp).toHaveLength(1);
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

describe('a worker that is replaced', () => {
  it('stays when no new one can be started, and that is no failed start of the pool', async () => {
    const { supervisor, started, ready, died, givenUp, replace, recycled, stayed, clock } = open();
    supervisor.want(1);
    ready(...started);
    const old = started[0] as FakeWorker;
    for (let time = 1; time <= 8; time++) {
      const replaced = replace(old);
      died(started[time] as FakeWorker);
      await turn();
      expect(replaced.end).toBe(`death of ${time + 1}`);
    }
    expect(old.told).toEqual([]);
    expect([recycled, givenUp, clock.timers]).toEqual([[], [], 0]);
    expect(stayed).toHaveLength(8);
    expect(stayed[0]).toBe('1: old: death of 2');
    expect(supervisor.workers.size).toBe(1);
  });

  it('stays when a new one cannot even be tried', async () => {
    const { supervisor, started, ready, startErrors, replace, stayed, clock } = open();
    supervisor.want(1);
    ready(...started);
    startErrors.push(new Error('EAGAIN'));
    const replaced = replace(started[0] as FakeWorker);
    await turn();
    expect(replaced.end).toBe('Error: EAGAIN');
    expect(stayed).toEqual(['1: old: Error: EAGAIN']);
    expect([clock.timers, started.length]).toEqual([0, 1]);
  });

  it('and dies while its successor starts has its successor all the same, whose failure counts as any other', () => {
    const { supervisor, started, ready, died, ids, replace, stayed, clock } = open();
    supervisor.want(1);
    ready(...started);
    replace(started[0] as FakeWorker);
    died(started[0] as FakeWorker);
    expect(ids()).toEqual([2]);
    died(started[1] as FakeWorker);
    expect(stayed).toEqual([]);
    clock.advance(100);
    expect(ids()).toEqual([3]);
  });

  it('may have only started itself', async () => {
    const { supervisor, started, active, ready, gone, replace } = open();
    supervisor.want(1);
    const [old] = started as [FakeWorker];
    const replaced = replace(old);
    expect(started).toHaveLength(2);
    ready(started[1] as FakeWorker);
    expect([active, old.told]).toEqual([[2], ['drain: old']]);
    gone(old);
    await turn();
    expect(replaced.end).toBe('gone');
    expect(started).toHaveLength(2);
  });

  it('keeps its tasks when it is at its last, while its successor stands by', async () => {
    const { supervisor, started, active, ready, gone, replace, recycled } = open();
    supervisor.want(1);
    ready(...started);
    const old = started[0] as FakeWorker;
    old.inFlight = 1;
    const replaced = replace(old, 'done');
    ready(started[1] as FakeWorker);
    expect([active, recycled, supervisor.spares.size]).toEqual([[1], [], 1]);
    old.inFlight = 0;
    supervisor.relieve();
    expect([active, recycled, old.told]).toEqual([[1, 2], ['1: old'], ['drain: old']]);
    gone(old);
    await turn();
    expect(replaced.end).toBe('gone');
    expect(started).toHaveLength(2);
    expect(supervisor.spares.size).toBe(0);
  });

  it('at its last task is relieved by a spare at once, and its successor stands by in its stead', () => {
    const { supervisor, started, active, ready, gone, replace } = open();
    supervisor.want(1);
    supervisor.wantSpares(1);
    ready(...started);
    const old = started[0] as FakeWorker;
    replace(old, 'done');
    expect(started).toHaveLength(3);
    supervisor.relieve();
    expect([active, old.told]).toEqual([[1, 2], ['drain: old']]);
    gone(old);
    ready(started[2] as FakeWorker);
    expect([...supervisor.spares].map(({ id }) => id)).toEqual([3]);
    expect([active, started.length]).toEqual([[1, 2], 3]);
  });

  it('for good is missing when its successor fails to start: the pool gives up after five', () => {
    const { supervisor, started, ready, died, replace, givenUp, stayed, clock } = open();
    supervisor.want(1);
    ready(...started);
    replace(started[0] as FakeWorker, 'done', true);
    for (let failure = 1; failure <= 5; failure++) {
      expect(started).toHaveLength(1 + failure);
      died(started.at(-1) as FakeWorker);
      clock.advance(100 * 2 ** (failure - 1));
    }
    expect(givenUp).toEqual([{ reason: '5 workers in a row failed to start.', cause: 'death of 6' }]);
    expect(stayed).toEqual([]);
  });

  it('is not held up by the wait for others that died', () => {
    const { supervisor, started, ready, died, replace, ids, clock } = open();
    supervisor.want(3);
    ready(...started);
    const [first, second, third] = started as [FakeWorker, FakeWorker, FakeWorker];
    died(first);
    died(second);
    expect(ids()).toEqual([3, 4]);
    replace(third);
    expect(ids()).toEqual([3, 4, 5]);
    clock.advance(100);
    expect(ids()).toEqual([3, 4, 5, 6]);
  });

  it('while fewer are wanted leaves no more than are wanted in the end', async () => {
    for (const goes of [0, 1]) {
      const { supervisor, started, ready, gone, replace } = open();
      supervisor.want(2);
      ready(...started);
      const [old, other] = started as [FakeWorker, FakeWorker];
      const replaced = replace(old);
      [old.usedAtMs, other.usedAtMs] = goes === 0 ? [1, 2] : [2, 1];
      supervisor.want(1);
      const replacement = started[2] as FakeWorker;
      expect(replacement.told).toEqual([]);
      expect([old, other].map(({ told }) => told.length)).toEqual(goes === 0 ? [1, 0] : [0, 1]);
      gone(goes === 0 ? old : other);
      replacement.usedAtMs = 3;
      ready(replacement);
      for (const worker of [old, other]) if (supervisor.workers.has(worker) && worker.told.length > 0) gone(worker);
      await turn();
      expect(replaced.end).toBe('gone');
      expect(supervisor.workers.size).toBe(1);
      expect(started).toHaveLength(3);
    }
  });
});

describe('recycle', () => {
  it('makes each replacement ready before the old worker goes, a quarter of all at once', async () => {
    const { supervisor, started, ready, gone, ids, recycled } = open();
    supervisor.want(8);
    ready(...started);
    const old = [...started];
    const over = supervisor.recycle('by hand');
    for (let group = 0; group < 4; group++) {
      await turn();
      const replacements = started.slice(8 + group * 2);
      expect(replacements.map(({ id }) => id)).toEqual([9 + group * 2, 10 + group * 2]);
      expect(recycled).toHaveLength(group * 2);
      ready(...replacements);
      expect(recycled).toHaveLength(group * 2 + 2);
      const leaving = old.slice(group * 2, group * 2 + 2);
      expect(leaving.map(({ told }) => told)).toEqual(Array(2).fill(['drain: by hand']));
      leaving.forEach(gone);
    }
    expect(await over).toEqual({ replaced: 8, of: 8, failure: undefined });
    expect(ids()).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
  });

  it('takes along those that start and those that stand by', async () => {
    const { supervisor, started, ready, gone, ids, active } = open();
    supervisor.want(2);
    supervisor.wantSpares(1);
    const old = [...started];
    ready(old[0] as FakeWorker, old[1] as FakeWorker);
    ready(old[2] as FakeWorker);
    supervisor.want(3);
    // The spare went to work, and a new one starts.
    const over = supervisor.recycle('by hand');
    for (let at = 0; at < 4; at++) {
      await turn();
      ready(started[4 + at] as FakeWorker);
      gone(started[at] as FakeWorker);
    }
    expect(await over).toMatchObject({ replaced: 4, of: 4 });
    expect(ids()).toEqual([5, 6, 7, 8]);
    expect(active.filter((id) => id > 4)).toHaveLength(3);
    expect(supervisor.spares.size).toBe(1);
  });

  it('stops at the first worker that cannot be replaced, and leaves the others as they are', async () => {
    const { supervisor, started, ready, gone, died, ids } = open();
    supervisor.want(3);
    ready(...started);
    const over = supervisor.recycle('by hand');
    ready(started[3] as FakeWorker);
    gone(started[0] as FakeWorker);
    await turn();
    died(started[4] as FakeWorker);
    expect(await over).toEqual({ replaced: 1, of: 3, failure: { error: 'death of 5' } });
    expect(ids()).toEqual([2, 3, 4]);
    expect(supervisor.staying()).toHaveLength(3);
  });

  it('starts nothing more once the pool is closing', async () => {
    const { supervisor, started, ready, gone } = open();
    supervisor.want(2);
    ready(...started);
    const over = supervisor.recycle('by hand');
    await turn();
    const stopped = supervisor.stop();
    started.forEach(gone);
    await Promise.all([over, stopped]);
    expect(started).toHaveLength(3);
  });
});

describe('many workers', () => {
  it('are started one a turn, the first at once', () => {
    const { supervisor, started, turns } = open(undefined, Infinity, true);
    supervisor.want(64);
    supervisor.wantSpares(2);
    expect(started).toHaveLength(1);
    for (let turn = 2; turn <= 70; turn++) {
      turns.shift()?.();
      expect(started).toHaveLength(Math.min(turn, 66));
    }
    expect(turns).toHaveLength(0);
  });

  it('start no more at once than the cores can serve, unless they take long', () => {
    const { supervisor, started, ready, clock } = open(undefined, 6);
    supervisor.want(64);
    expect(started).toHaveLength(6);
    ready(...started.slice(0, 2));
    expect(started).toHaveLength(8);
    clock.advance(1999);
    expect(started).toHaveLength(8);
    // They wait for something that is no core.
    clock.advance(1);
    expect(started).toHaveLength(14);
  });

  it('are started no further when fewer are wanted meanwhile, or none', async () => {
    for (const end of ['want', 'stop', 'kill'] as const) {
      const { supervisor, started, gone, turns, clock } = open(undefined, 6, true);
      supervisor.want(64);
      turns.shift()?.();
      const over = end === 'want' ? supervisor.want(2) : supervisor[end]();
      for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
      expect(started).toHaveLength(2);
      started.forEach(gone);
      await over;
      if (end !== 'want') expect([started.length, clock.timers]).toEqual([2, 0]);
    }
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

describe('slots', () => {
  it('are inherited by successors, while old and new are both there, and by replacements of the dead', () => {
    const { supervisor, started, ready, gone, died, replace } = open();
    supervisor.want(2);
    const [first, second] = started as [FakeWorker, FakeWorker];
    ready(first, second);
    replace(second);
    const third = started[2] as FakeWorker;
    expect(third.slot).toBe(2);
    ready(third);
    gone(second);
    died(first);
    expect(started.map(({ slot }) => slot)).toEqual([1, 2, 2, 1]);
  });

  it('of workers on their way out are free', () => {
    const { supervisor, started, ready } = open();
    supervisor.slots.limit(2);
    supervisor.want(2);
    ready(...started);
    supervisor.want(1);
    supervisor.want(2);
    expect(started.map(({ slot }) => slot)).toHaveLength(3);
    const left = started.find(({ told }) => told.length > 0);
    expect(started[2]?.slot).toBe(left?.slot);
  });

  it('beyond a smaller number go first', () => {
    const { supervisor, started, ready, gone } = open();
    supervisor.slots.limit(4);
    supervisor.want(4);
    const [first, second, third, fourth] = started as [FakeWorker, FakeWorker, FakeWorker, FakeWorker];
    ready(...started);
    fourth.inFlight = 1;
    for (const worker of [first, second]) {
      worker.usedAtMs = -1;
      gone(worker);
    }
    supervisor.slots.limit(3);
    // Without this rule, a worker without a task would go before the busy one.
    supervisor.want(3);
    ready(...started.slice(4));
    expect([fourth.state, third.state]).toEqual(['draining', 'idle']);
    expect(started.slice(4).map(({ slot }) => slot)).toEqual([1, 2]);
    supervisor.slots.limit(2);
    supervisor.want(1);
    expect([third, ...started.slice(4)].map(({ state }) => state)).toEqual(['stopping', 'stopping', 'idle']);
  });

  it('beyond a smaller number are left, once their workers have successors', () => {
    const { supervisor, started, ready, gone, recycled, replace } = open();
    supervisor.slots.limit(3);
    supervisor.want(3);
    const [first, second, third] = started as [FakeWorker, FakeWorker, FakeWorker];
    ready(...started);
    for (const worker of [first, second]) {
      worker.usedAtMs = -1;
      supervisor.want(supervisor.wanted - 1);
      gone(worker);
    }
    supervisor.slots.limit(2);
    supervisor.want(1);
    replace(third);
    const successor = started[3] as FakeWorker;
    expect([successor.slot, third.state]).toEqual([1, 'idle']);
    ready(successor);
    expect([third.state, recycled]).toEqual(['stopping', ['3: old']]);
  });

  it('in which a start throws keep no worker from the others', () => {
    const { clock, supervisor, started, startErrors } = open();
    supervisor.slots.limit(3);
    startErrors.push(new Error('slot 1'));
    supervisor.want(3);
    clock.advance(10_000);
    expect(started.map(({ slot }) => slot)).toEqual([2, 3, 1]);
  });

  it('go to their own successors, when several stand by for workers at their last tasks', () => {
    const { supervisor, started, active, ready, replace } = open();
    supervisor.want(2);
    const [first, second] = started as [FakeWorker, FakeWorker];
    ready(first, second);
    for (const worker of [first, second]) worker.inFlight = 1;
    replace(first, 'done');
    replace(second, 'done');
    ready(...started.slice(2));
    second.inFlight = 0;
    supervisor.relieve();
    const successor = started.find(({ id }) => id === active.at(-1));
    expect([successor?.slot, second.told.length, first.told.length]).toEqual([2, 1, 0]);
  });
});
