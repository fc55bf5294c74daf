import { describe, expect, it } from 'vitest';
import { Assigner, type AssignerParts } from '../../src/dispatch/assigner.js';
import type { Task } from '../../src/task/task.js';
import { CALM, MORE } from '../../src/wire/frame.js';
import type { Worker } from '../../src/worker/worker.js';

/** Sends one task to one worker, in a pool of two cores. Returns what the worker's frame says of the others. */
function flagsSent(counts: { queued: number; completed: number }, pending: number): unknown {
  const sent: unknown[] = [];
  const assigner = new Assigner({
    registry: { counts, pending, handOver: () => {} },
    backlog: { gathering: 0, blocked: 0 },
    cores: () => 2,
  } as unknown as AssignerParts);
  const worker = {
    assigned: { isFull: false, hasUnsent: false },
    handlers: new Map([['work', 0]]),
    inFlight: 1,
    calls: 1,
    assign: () => ({}),
    flush: (flags: number) => void sent.push(flags),
  } as unknown as Worker;
  assigner.assign(worker, { name: 'work', deadlineMs: Infinity, type: {} } as Task);
  expect(assigner.flush()).toBe(true);
  expect(assigner.flush()).toBe(false);
  return sent;
}

describe('tasks that leave', () => {
  it.each([
    ['say that more wait in the pool', { queued: 1, completed: 1000 }, 5, MORE],
    ['say that nothing else will come while there are more cores than tasks', { queued: 0, completed: 1000 }, 1, CALM],
    ['say nothing while others are under way', { queued: 0, completed: 1000 }, 2, 0],
    ['say nothing before the cores are known', { queued: 0, completed: 1 }, 1, 0],
  ])('%s', (_what, counts, pending, expected) => {
    expect(flagsSent(counts, pending)).toEqual([expected]);
  });
});
