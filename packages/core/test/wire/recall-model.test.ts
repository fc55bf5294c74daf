import { describe, expect, it } from 'vitest';

/*
 * The recall protocol of wire/claim-board.ts as a model: every step that touches shared memory or a message is one
 * atomic step, and every interleaving of worker and parent is explored. Memory is sequentially consistent, as Atomics
 * and system calls on one file make it.
 */

interface World {
  /** The board: what the worker started last in the slot, and what the parent revoked there. */
  start: number;
  revoked: number;
  /** Tasks on their way to the worker, and answers on their way back. */
  toWorker: number[];
  answers: { id: number; ran: boolean }[];
  worker: { step: 'idle' } | { step: 'wrote'; id: number };
  parent: { step: 'idle' } | { step: 'revoking'; id: number };
  /** The task in the slot, as the parent sees it. */
  slot?: { id: number; state: 'inFlight' | 'recalled' };
  recallsLeft: number;
  nextId: number;
  /** What became of each id. */
  ran: number[];
  recalled: number[];
}

type Step = (world: World) => void;
type Order = 'as built' | 'worker reads first' | 'parent reads first';

const TASKS = 3;

function stepsOf(world: World, order: Order): Step[] {
  const steps: Step[] = [];
  const { worker, parent, slot } = world;
  // The worker: write the start, then read the revocation.
  if (worker.step === 'idle' && world.toWorker.length > 0) {
    steps.push((w) => {
      const id = w.toWorker.shift() ?? 0;
      if (order === 'worker reads first') answer(w, id, w.revoked !== id);
      if (order !== 'worker reads first') w.start = id;
      w.worker = { step: 'wrote', id };
    });
  }
  if (worker.step === 'wrote') {
    steps.push((w) => {
      if (order === 'worker reads first') w.start = worker.id;
      else answer(w, worker.id, w.revoked !== worker.id);
      w.worker = { step: 'idle' };
    });
  }
  // The parent: write the revocation, then read the start.
  if (parent.step === 'idle' && slot?.state === 'inFlight' && world.recallsLeft > 0) {
    steps.push((w) => {
      w.recallsLeft--;
      if (order === 'parent reads first') decide(w, slot.id);
      else w.revoked = slot.id;
      w.parent = { step: 'revoking', id: slot.id };
    });
  }
  if (parent.step === 'revoking') {
    steps.push((w) => {
      if (order === 'parent reads first') w.revoked = parent.id;
      else decide(w, parent.id);
      w.parent = { step: 'idle' };
    });
  }
  // Messages and new tasks come between the parent's synchronous steps, not inside them.
  if (parent.step === 'idle' && world.answers.length > 0) steps.push(readAnswer);
  if (parent.step === 'idle' && slot === undefined && world.nextId <= TASKS) {
    steps.push((w) => {
      const id = w.nextId++;
      w.slot = { id, state: 'inFlight' };
      w.toWorker.push(id);
    });
  }
  return steps;
}

function answer(world: World, id: number, runs: boolean): void {
  if (runs) world.ran.push(id);
  world.answers.push({ id, ran: runs });
}

function decide(world: World, id: number): void {
  if (world.start === id || world.slot?.id !== id) return;
  world.slot = { id, state: 'recalled' };
  world.recalled.push(id);
}

function readAnswer(world: World): void {
  const { id, ran } = world.answers.shift() ?? { id: 0, ran: false };
  // Not run, and not taken back yet: both had seen each other. It has not run, so it comes back now.
  if (!ran && world.slot?.id === id && world.slot.state === 'inFlight') world.recalled.push(id);
  delete world.slot;
}

/** Every end that a model can come to. */
function* explore<W>(first: W, stepsOf: (world: W) => ((world: W) => void)[]): Generator<W> {
  const seen = new Set<string>();
  const unexplored: string[] = [JSON.stringify(first)];
  for (let key = unexplored.pop(); key !== undefined; key = unexplored.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    const steps = stepsOf(JSON.parse(key) as W);
    if (steps.length === 0) yield JSON.parse(key) as W;
    for (const step of steps) {
      const next = JSON.parse(key) as W;
      step(next);
      unexplored.push(JSON.stringify(next));
    }
  }
}

function endsOf(order: Order): World[] {
  const first: World = {
    start: 0,
    revoked: 0,
    toWorker: [],
    answers: [],
    worker: { step: 'idle' },
    parent: { step: 'idle' },
    recallsLeft: TASKS,
    nextId: 1,
    ran: [],
    recalled: [],
  };
  return [...explore(first, (world) => stepsOf(world, order))];
}

function wrongEnds(order: Order): World[] {
  return endsOf(order).filter((world) => {
    const outcomes = [...world.ran, ...world.recalled].sort((a, b) => a - b);
    return outcomes.join() !== Array.from({ length: TASKS }, (_, i) => i + 1).join();
  });
}

describe('the recall protocol', () => {
  it('runs or gives back every task exactly once, in every interleaving', () => {
    const ends = endsOf('as built');
    expect(ends.length).toBeGreaterThan(10);
    expect(ends.some((world) => world.ran.length > 0 && world.recalled.length > 0)).toBe(true);
    expect(wrongEnds('as built')).toEqual([]);
  });

  it.each(['worker reads first', 'parent reads first'] as const)('would run a task twice if the %s', (order) => {
    expect(wrongEnds(order).length).toBeGreaterThan(0);
  });
});

/*
 * A run: tasks that the worker has claimed together, of which the results in the log tell which one has begun. The parent may
 * take back one behind that, when it has begun more than RECALL ticks ago as far as the parent knows. The worker looks again
 * before each task of a run that it has claimed more than LOOK ticks ago. The clock goes on between any two steps.
 */

interface Run {
  clock: number;
  /** The board: the claims, once they are written, and what was revoked. */
  claimedAt?: number;
  revoked: boolean[];
  /** The log, and how far the parent has read it. */
  log: { task: number; ran: boolean; at: number }[];
  read: number;
  lastEndedAt: number;
  worker: {
    step: 'claims' | 'reads' | 'next' | 'looks' | 'starts' | 'returns' | 'answers' | 'done';
    task: number;
    /** The time that it works with, which may be old. */
    now: number;
    since: number;
    recalled: boolean[];
  };
  parent: { step: 'idle' | 'revokes' | 'sees claim' | 'sees clock' | 'sees log'; task: number; now: number };
  recalls: number[];
  ran: number[];
  recalled: number[];
}

const RUN = 3;
const LOOK = 1;
const RECALL = 2;
const LAST_TICK = 4;
const NEVER = -100;

type Mistake =
  | 'none'
  | 'a look counts for a while'
  | 'the worker goes by the return of the task before'
  | 'the parent looks at the log before the clock'
  | 'the parent does not look at the log again';

function stepsOfWorker(run: Run, mistake: Mistake): ((run: Run) => void)[] {
  const { step, task } = run.worker;
  const goTo = (next: Run['worker']['step'], change: (run: Run) => void = () => {}) => [
    (r: Run) => {
      r.worker.step = next;
      change(r);
    },
  ];
  switch (step) {
    case 'claims':
      return goTo('reads', (r) => (r.claimedAt = r.worker.since = r.worker.now));
    case 'reads':
      return goTo('starts', (r) => (r.worker.recalled = [...r.revoked]));
    case 'next': {
      if (task === RUN) return goTo('done');
      const look = (r: Run): void => {
        const now = mistake === 'the worker goes by the return of the task before' ? r.worker.now : r.clock;
        r.worker.step = now - r.worker.since > LOOK ? 'looks' : 'starts';
      };
      // The loop may have turned, and then it reads the clock.
      const turn = (r: Run): void => {
        r.worker.now = r.clock;
        look(r);
      };
      return [look, turn];
    }
    case 'looks':
      return goTo('starts', (r) => {
        r.worker.recalled = [...r.revoked];
        if (mistake === 'a look counts for a while') r.worker.since = r.clock;
      });
    case 'starts':
      if (run.worker.recalled[task] === true) {
        return goTo('next', (r) => r.log.push({ task: r.worker.task++, ran: false, at: r.worker.now }));
      }
      return goTo('returns', (r) => r.ran.push(task));
    case 'returns':
      return goTo('answers', (r) => (r.worker.now = r.clock));
    case 'answers':
      return goTo('next', (r) => r.log.push({ task: r.worker.task++, ran: true, at: r.worker.now }));
    default:
      return [];
  }
}

function readAll(run: Run): void {
  for (; run.read < run.log.length; run.read++) {
    const { task, ran, at } = run.log[run.read] as Run['log'][number];
    if (ran) run.lastEndedAt = Math.max(run.lastEndedAt, at);
    else if (!run.recalled.includes(task)) run.recalled.push(task);
  }
}

function isAnswered(run: Run, task: number): boolean {
  return run.log.slice(0, run.read).some((row) => row.task === task);
}

function stepsOfParent(run: Run, mistake: Mistake): ((run: Run) => void)[] {
  const { step, task } = run.parent;
  const idle = (r: Run): void => void (r.parent = { step: 'idle', task: 0, now: 0 });
  const take = (r: Run): void => {
    r.recalled.push(task);
    idle(r);
  };
  const decide = (r: Run): void => {
    if (r.parent.now - Math.max(r.claimedAt ?? 0, r.lastEndedAt) > RECALL) take(r);
    else idle(r);
  };
  switch (step) {
    case 'idle':
      return run.recalls.map((wanted) => (r) => {
        r.recalls = r.recalls.filter((each) => each !== wanted);
        readAll(r);
        if (!isAnswered(r, wanted)) r.parent = { step: 'revokes', task: wanted, now: 0 };
      });
    case 'revokes':
      return [
        (r) => {
          r.revoked[task] = true;
          r.parent.step = 'sees claim';
        },
      ];
    case 'sees claim':
      return [
        (r) => {
          const isBehind = Array.from({ length: task }, (_, before) => before).some((before) => !isAnswered(r, before));
          if (r.claimedAt === undefined) take(r);
          else if (!isBehind) idle(r);
          else r.parent.step = mistake === 'the parent looks at the log before the clock' ? 'sees log' : 'sees clock';
        },
      ];
    case 'sees clock':
      return [
        (r) => {
          r.parent.now = r.clock;
          const isLast = mistake.startsWith('the parent');
          if (isLast) decide(r);
          else r.parent.step = 'sees log';
        },
      ];
    case 'sees log':
      return [
        (r) => {
          if (r.log.length > r.read) idle(r);
          else if (mistake === 'the parent looks at the log before the clock') r.parent.step = 'sees clock';
          else decide(r);
        },
      ];
    default:
      return [];
  }
}

function endsOfRun(mistake: Mistake): Generator<Run> {
  const first: Run = {
    clock: 0,
    revoked: Array<boolean>(RUN).fill(false),
    log: [],
    read: 0,
    lastEndedAt: NEVER,
    worker: { step: 'claims', task: 0, now: 0, since: 0, recalled: [] },
    parent: { step: 'idle', task: 0, now: 0 },
    recalls: [1, 2],
    ran: [],
    recalled: [],
  };
  return explore(first, (run) => {
    const steps = [...stepsOfWorker(run, mistake), ...stepsOfParent(run, mistake)];
    if (run.clock < LAST_TICK && steps.length > 0) steps.push((r) => r.clock++);
    return steps;
  });
}

function isWrong(run: Run): boolean {
  readAll(run);
  return [...run.ran, ...run.recalled].sort((a, b) => a - b).join() !== '0,1,2';
}

describe('the recall of tasks that were claimed together', () => {
  it('runs or gives back every one of them exactly once, in every interleaving and however time goes by', () => {
    const ends = [...endsOfRun('none')];
    expect(ends.filter(isWrong)).toEqual([]);
    // Some were taken back although they were claimed: while one before them was running.
    expect(ends.some(({ ran, recalled }) => ran.length === 1 && recalled.length === 2)).toBe(true);
    expect(ends.some(({ ran }) => ran.length === RUN)).toBe(true);
  });

  it.each([
    'a look counts for a while',
    'the worker goes by the return of the task before',
    'the parent looks at the log before the clock',
    'the parent does not look at the log again',
  ] as const)('would run one twice if %s', (mistake) => {
    // The first is enough.
    for (const run of endsOfRun(mistake)) if (isWrong(run)) return;
    expect.unreachable('Nothing ran twice.');
  });
});
