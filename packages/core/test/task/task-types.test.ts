import { describe, expect, it } from 'vitest';
import { OTHER } from '../../src/base/bounded-names.js';
import type { TaskSettings } from '../../src/contract/resolved-options.js';
import { TaskTypes } from '../../src/task/task-types.js';
import { optionsOf } from '../support/tasks.js';

const open = (tasks: Record<string, { timeoutMs: number }> = {}): TaskTypes => new TaskTypes(optionsOf({ tasks }));
const names = (types: TaskTypes): string[] => [...types].map(({ name }) => name);

describe('TaskTypes', () => {
  it('gives each name that has a handler a type of its own, however many there are', () => {
    const types = open();
    const handlers = Array.from({ length: 1000 }, (_, n) => `handler ${n}`);
    types.learn(handlers);
    expect(handlers.map((name) => types.of(name).name)).toEqual(handlers);
  });

  it('gives a name with options of its own a type with these, before and after handlers are known', () => {
    const types = open({ mine: { timeoutMs: 5 }, yours: { timeoutMs: 6 } });
    expect(types.of('mine').settings.timeoutMs).toBe(5);
    types.learn(['echo']);
    expect(types.of('yours')).toMatchObject({ name: 'yours', settings: { timeoutMs: 6 } });
  });

  it('has names without a handler share one type, once a worker is ready', () => {
    const types = open();
    types.learn(['echo']);
    for (let n = 0; n < 50_000; n++) types.of(`user ${n}`).failed++;
    types.of('echo').completed++;
    expect(names(types)).toEqual(['echo', OTHER]);
    expect(types.of('any').failed).toBe(50_000);
  });

  it('keeps the first 250 names apart before a worker is ready, and what is known of those that turn out to have a handler', () => {
    const types = open();
    types.of('echo').record(1, 2, 3);
    for (let n = 0; n < 1000; n++) types.of(`user ${n}`).failed++;
    expect(names(types)).toHaveLength(251);
    types.learn(['echo', 'user 5', 'late']);
    expect([types.of('echo').run.count, types.of('user 5').failed, types.of('late').name]).toEqual([1, 1, 'late']);
    for (let n = 1000; n < 2000; n++) types.of(`user ${n}`).failed++;
    expect(names(types)).toHaveLength(252);
    expect(types.of('new').name).toBe(OTHER);
  });

  it('learns what further workers have', () => {
    const types = open();
    types.learn(['echo']);
    expect(types.of('added').name).toBe(OTHER);
    types.learn(['echo', 'added']);
    expect(types.of('added').name).toBe('added');
  });

  it('gives each callable a type of its own, with its settings, and what workers report of its handler', () => {
    const types = open({ echo: { timeoutMs: 5 } });
    const [first, second] = ['echo#1', 'echo#2'].map((label) =>
      types.openCallable(
        'echo',
        label,
        optionsOf({ tasks: { own: { timeoutMs: 7 } } }).tasks.get('own') as TaskSettings,
      ),
    ) as [number, number];
    types.ofCallable(first).failed++;
    expect([types.ofCallable(first).failed, types.ofCallable(second).failed, types.of('echo').failed]).toEqual([
      1, 0, 0,
    ]);
    expect(types.ofCallable(first).settings.timeoutMs).toBe(7);
    expect(types.ofCallable(first).profile).toBe(types.of('echo').profile);
    expect(names(types)).toEqual(['echo', 'echo#1', 'echo#2']);
    expect(() => types.ofCallable(2)).toThrow(RangeError);
  });
});
