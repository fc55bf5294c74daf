import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/contract/resolve-options.js';
import { resolveTask } from '../../src/contract/resolve-task.js';

function resolve(search: object) {
  return resolveOptions({ tasks: { search } }, 'worker').tasks.get('search');
}

describe('throttle and debounce of a task', () => {
  it('have defaults', () => {
    expect(resolve({ throttle: { everyMs: 50 } })?.shaping).toEqual({
      rules: { what: 'throttle', everyMs: 50, leading: true, trailing: true },
      superseded: 'share',
      key: undefined,
    });
    expect(resolve({ debounce: { waitMs: 50 } })?.shaping).toEqual({
      rules: { what: 'debounce', waitMs: 50, maxWaitMs: Infinity },
      superseded: 'share',
      key: undefined,
    });
    expect(resolve({})?.shaping).toBeUndefined();
  });

  it('of a callable take the place of those of its name', () => {
    const base = resolve({ throttle: { everyMs: 50 } });
    if (base === undefined) throw new Error('it has no settings');
    expect(resolveTask({ debounce: { waitMs: 5 } }, base).shaping?.rules.what).toBe('debounce');
    expect(resolveTask({ priority: 1 }, base).shaping).toBe(base.shaping);
  });

  it.each([
    ['throttle', { throttle: {} }, 'an object with everyMs'],
    [
      'throttle',
      { throttle: { everyMs: 0 } },
      'an object whose everyMs is a finite number of milliseconds of at least 1',
    ],
    ['throttle', { throttle: { everyMs: NaN } }, 'an object whose everyMs is a finite'],
    [
      'throttle',
      { throttle: { everyMs: 5, maxWaitMs: 5 } },
      'an object of everyMs, leading, trailing, superseded, key',
    ],
    ['throttle', { throttle: { everyMs: 5, leading: false, trailing: false } }, 'no call would run'],
    ['debounce', { debounce: {} }, 'an object with waitMs'],
    [
      'debounce',
      { debounce: { waitMs: 0 } },
      'an object whose waitMs is a finite number of milliseconds of at least 1',
    ],
    ['debounce', { debounce: { waitMs: Infinity } }, 'an object whose waitMs is a finite'],
    ['debounce', { debounce: { waitMs: 5, superseded: 'drop' } }, 'whose superseded is one of "share", "reject"'],
    ['debounce', { debounce: { waitMs: 5, key: 'id' } }, 'whose key is a function'],
    ['debounce', { debounce: { waitMs: 5 }, throttle: { everyMs: 5 } }, 'cannot stand beside throttle'],
  ])('with a wrong %s, %o, are refused', (option, search, reason) => {
    expect(() => resolve(search)).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION',
        details: { option: `tasks.search.${option}`, reason: expect.stringContaining(reason) as string },
      }),
    );
  });
});
