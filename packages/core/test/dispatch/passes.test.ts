import { describe, expect, it } from 'vitest';
import { Passes } from '../../src/dispatch/passes.js';
import type { TaskRegistry } from '../../src/task/task-registry.js';
import type { Worker } from '../../src/worker/worker.js';

/** Passes of a pool of two workers with as many tasks under way, and the steps at which they came. */
function open(pending: number) {
  const steps: string[] = [];
  const passes = new Passes({
    registry: { pending } as TaskRegistry,
    workers: [{}, {}] as Worker[],
    run: () => void steps.push('pass'),
  });
  const submit = (count: number): void => {
    for (let task = 0; task < count; task++) passes.noteSubmitted();
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

  it('does not come again when nothing has happened since', async () => {
    const { steps, submit, turns } = open(1000);
    submit(300);
    await turns();
    expect(steps).toEqual(['pass']);
  });
});
