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
  slot: { id: number; state: 'inHand' | 'recalled' } | undefined;
  recallsLeft: number;
  nextId: number;
  /** What became of each id. */
  ran: number[];
  takenBack: number[];
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
  if (parent.step === 'idle' && slot?.state === 'inHand' && world.recallsLeft > 0) {
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
      w.slot = { id, state: 'inHand' };
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
  world.takenBack.push(id);
}

function readAnswer(world: World): void {
  const { id, ran } = world.answers.shift() ?? { id: 0, ran: false };
  // Not run, and not taken back yet: both had seen each other. It has not run, so it comes back now.
  if (!ran && world.slot?.id === id && world.slot.state === 'inHand') world.takenBack.push(id);
  world.slot = undefined;
}

/** Every end the model can come to. */
function explore(order: Order): World[] {
  const ends: World[] = [];
  const seen = new Set<string>();
  const unexplored: World[] = [
    {
      start: 0,
      revoked: 0,
      toWorker: [],
      answers: [],
      worker: { step: 'idle' },
      parent: { step: 'idle' },
      slot: undefined,
      recallsLeft: TASKS,
      nextId: 1,
      ran: [],
      takenBack: [],
    },
  ];
  for (let world = unexplored.pop(); world !== undefined; world = unexplored.pop()) {
    const key = JSON.stringify(world);
    if (seen.has(key)) continue;
    seen.add(key);
    const steps = stepsOf(world, order);
    if (steps.length === 0) ends.push(world);
    for (const step of steps) {
      const next = structuredClone(world);
      step(next);
      unexplored.push(next);
    }
  }
  return ends;
}

function wrongEnds(order: Order): World[] {
  return explore(order).filter((world) => {
    const outcomes = [...world.ran, ...world.takenBack].sort((a, b) => a - b);
    return outcomes.join() !== Array.from({ length: TASKS }, (_, i) => i + 1).join();
  });
}

describe('the recall protocol', () => {
  it('runs or gives back every task exactly once, in every interleaving', () => {
    const ends = explore('as built');
    expect(ends.length).toBeGreaterThan(10);
    expect(ends.some((world) => world.ran.length > 0 && world.takenBack.length > 0)).toBe(true);
    expect(wrongEnds('as built')).toEqual([]);
  });

  it.each(['worker reads first', 'parent reads first'] as const)('would run a task twice if the %s', (order) => {
    expect(wrongEnds(order).length).toBeGreaterThan(0);
  });
});
