import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inCleanContext, outsideOfTasks } from '../../src/child/clean-context.js';

describe('a call in a clean context', () => {
  it('sees nothing of what a call before it has left in its own', () => {
    const storage = new AsyncLocalStorage<string>();
    const seen = ['first', 'second', 'third'].map((name) =>
      inCleanContext((value) => {
        const before = storage.getStore();
        storage.enterWith(value);
        return [before, storage.getStore()];
      }, name),
    );
    expect(seen).toEqual([
      [undefined, 'first'],
      [undefined, 'second'],
      [undefined, 'third'],
    ]);
  });

  it('sees nothing of the context it is called from, and leaves that as it was', () => {
    const storage = new AsyncLocalStorage<string>();
    storage.run('outside', () => {
      const inside = inCleanContext(() => {
        const before = storage.getStore();
        storage.enterWith('inside');
        return before;
      });
      expect([inside, storage.getStore()]).toEqual([undefined, 'outside']);
    });
  });

  it('keeps its own context behind every await, beside others', async () => {
    const storage = new AsyncLocalStorage<number>();
    const task = async (value: number): Promise<(number | undefined)[]> => {
      storage.enterWith(value);
      const seen = [storage.getStore()];
      for (let turn = 0; turn < 3; turn++) {
        await nextTurn();
        seen.push(storage.getStore());
      }
      return seen;
    };
    const seen = await Promise.all([1, 2, 3].map((value) => inCleanContext(task, value)));
    expect(seen).toEqual([1, 2, 3].map((value) => [value, value, value, value]));
    expect(inCleanContext(() => storage.getStore())).toBeUndefined();
  });

  it('gives what it is given, and throws what is thrown; the next is clean all the same', () => {
    const storage = new AsyncLocalStorage<string>();
    expect(inCleanContext((a: number, b: number) => a - b, 5, 3)).toBe(2);
    const failing = (): never => {
      storage.enterWith('left behind');
      throw new RangeError('on purpose');
    };
    expect(() => inCleanContext(failing)).toThrow(RangeError);
    expect(inCleanContext(() => storage.getStore())).toBeUndefined();
  });
});

describe('a call outside of tasks', () => {
  it('made at the end of a task knows nothing of it, nor does the task that it starts', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await inCleanContext(async () => {
      storage.enterWith('of the task');
      await nextTurn();
      seen.push(storage.getStore());
      outsideOfTasks(() => {
        seen.push(storage.getStore());
        seen.push(inCleanContext(() => storage.getStore()));
      });
      seen.push(storage.getStore());
    });
    expect(seen).toEqual(['of the task', undefined, undefined, 'of the task']);
  });

  it('has no trace of the tasks before it', () => {
    const storage = new AsyncLocalStorage<string>();
    inCleanContext(() => storage.enterWith('of a task'));
    outsideOfTasks(() => inCleanContext(() => storage.enterWith('of another')));
    outsideOfTasks(() => expect(storage.getStore()).toBeUndefined());
  });
});

describe('a thread whose calls share a context until a storage is used', () => {
  // In a program of its own: here, the test runner uses storages.
  const run = (way: string): unknown => {
    const program = fileURLToPath(new URL('../fixtures/shares-context.mjs', import.meta.url));
    return JSON.parse(execFileSync(process.execPath, [program, way], { encoding: 'utf8' }));
  };
  /** Node 24 and later restore the context behind each scope, so that one is enough for all calls. */
  const isAlwaysShared = Number(process.versions.node.split('.')[0]) >= 24;

  it.each(['enterWith', 'run'])('gives each call its own from the first %s on', (way) => {
    expect(run(way)).toEqual({ isShared: true, seen: [null, null], isSharedAfter: isAlwaysShared, isAsBefore: true });
  });

  it('gives each its own where a storage is in use already, and leaves the class of storages as it is', () => {
    const isShared = isAlwaysShared;
    expect(run('already')).toEqual({ isShared, seen: [null, null], isSharedAfter: isShared, isAsBefore: true });
  });
});
