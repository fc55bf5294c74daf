import { describe, expect, it } from 'vitest';
import { Passes } from '../../src/dispatch/passes.js';
import type { TaskRegistry } from '../../src/task/task-registry.js';
import type { Worker } from '../../src/worker/worker.js';

/** Passes of a pool of two workers with as many tasks under way, and the steps at which they came. */
function open(pending: number, workers = [{}, {}]) {
  const steps: string[] = [];
  const passes = new Passes({
    registry: { pending } as TaskRegistry,
    workers: workers as Worker[],
    run: () => void steps.push('pass'),
  });
  const submit = (count: number): void => {
    for (let task = 0; task < count; task++) passes.noteSubmitted(0);
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const turns = (): Promise<void> => turn().then(turn);
  return { passes, steps, submit, turn, turns };
}

describe('a pass', () => {
  it('comes behind the promise callbacks of this turn where little is under way', async () => {
    const { steps, submit, turn } = open(1);
    submit(1);
    queueMicrotask(() => steps.push('microtask'));
    process.nextTick(() => process.nextTick(() => steps.push('tick')));
    await turn();
    expect(steps).toEqual(['microtask', 'pass', 'tick']);
  });

  it('comes once for a result and for what its caller submits then', async () => {
    const { passes, steps, submit, turn } = open(1);
    // As when a result is read: in a callback of Node's own, before the promise callbacks of the caller.
    await new Promise<void>((resolve) =>
      setImmediate(() => {
        void Promise.resolve().then(() => {
          steps.push('caller');
          submit(1);
          resolve();
        });
        passes.schedule(true);
      }),
    );
    await turn();
    expect(steps).toEqual(['caller', 'pass']);
  });

  it('comes once for all tasks of a turn where much is under way, at its end', async () => {
    const { steps, submit, turns } = open(1000);
    submit(100);
    process.nextTick(() => {
      steps.push('tick');
      submit(27);
    });
    await turns();
    expect(steps).toEqual(['tick', 'pass']);
  });

  it('comes before the end of the turn when a good frame has gathered, and again for what comes after it', async () => {
    const { steps, submit, turns } = open(1000);
    process.nextTick(() => {
      submit(128);
      process.nextTick(() => {
        steps.push('tick');
        submit(1);
      });
    });
    await turns();
    expect(steps).toEqual(['pass', 'tick', 'pass']);
  });

  it('comes in the middle of a long burst while a worker has nothing, and not inside another pass', async () => {
    const workers = [
      { inFlight: 3, isReady: true },
      { inFlight: 0, isReady: true },
    ];
    const { passes, steps, turns } = open(1000, workers);
    for (const atMs of [10, 10.5, 11, 11.5]) {
      steps.push(`at ${atMs}`);
      passes.noteSubmitted(atMs);
    }
    workers[1] = { inFlight: 3, isReady: true };
    for (const atMs of [12, 14, 16]) passes.noteSubmitted(atMs);
    expect(steps).toEqual(['at 10', 'at 10.5', 'at 11', 'at 11.5', 'pass']);
    await turns();
    expect(steps).toHaveLength(6);
    const nested = new Passes({
      registry: { pending: 1000 } as TaskRegistry,
      workers: [{ inFlight: 0, isReady: true }] as Worker[],
      run() {
        steps.push('run');
        for (const atMs of [20, 22, 24]) nested.noteSubmitted(atMs);
      },
    });
    nested.noteSubmitted(1);
    nested.noteSubmitted(3);
    expect(steps.slice(6)).toEqual(['run']);
    await turns();
  });

  it('does not come again when nothing has happened since', async () => {
    const { steps, submit, turns } = open(1000);
    submit(300);
    await turns();
    expect(steps).toEqual(['pass']);
  });
});
