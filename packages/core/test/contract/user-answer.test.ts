import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { A_BOOLEAN, A_STRING, answerOf, saysYes } from '../../src/contract/user-answer.js';

const fault = new RangeError('not you');
const thrower = (): never => {
  throw fault;
};

/** Values that `await` would wait for, or that look so. */
const PROMISES: [string, () => unknown][] = [
  ['a promise', () => Promise.resolve('k')],
  ['a promise that rejects', () => Promise.reject(fault)],
  ['a thenable', () => ({ then: (done: (value: unknown) => void) => done('k') })],
  ['a thenable that rejects', () => ({ then: (_: unknown, failed: (error: unknown) => void) => failed(fault) })],
  ['a thenable that throws', () => ({ then: thrower })],
  ['an object whose `then` cannot be read', () => Object.defineProperty({}, 'then', { get: thrower })],
  [
    'a promise without a constructor that can be read',
    () => Object.defineProperty(Promise.resolve('k'), 'constructor', { get: thrower }),
  ],
];

function refusal(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    return error;
  }
}

describe('the answer of a function of the options', () => {
  it.each(PROMISES)('is refused where it is %s, and ends no program', async (_, give) => {
    const details = { option: 'a.key', reason: 'must return a string; received a promise.' };
    expect(refusal(() => answerOf('a.key', give, 1, A_STRING))).toMatchObject({ code: 'ERR_OPTION', details });
    const reason = 'must return true or false; received a promise.';
    for (const ask of [() => answerOf('a.on', give, 1, A_BOOLEAN), () => saysYes('a.on', give, 1)])
      expect(refusal(ask)).toMatchObject({ code: 'ERR_OPTION', details: { option: 'a.on', reason } });
    // An unhandled rejection would fail this file.
    await turn();
  });

  it('is refused with the cause where the function throws', () => {
    const details = { option: 'a.key', reason: 'threw an error: not you' };
    const wrong = { code: 'ERR_OPTION', details, cause: fault };
    expect(refusal(() => answerOf('a.key', thrower, 1, A_STRING))).toMatchObject(wrong);
    expect(refusal(() => saysYes('a.on', thrower, 1))).toBe(fault);
  });

  it('is refused where it is of another type, and says what came', () => {
    expect(() => answerOf('a.key', () => 5, 1, A_STRING)).toThrow(/must return a string; received 5 \(number\)\./);
    expect(() => answerOf('a.on', () => 'yes', 1, A_BOOLEAN)).toThrow(/must return true or false; received 'yes'/);
  });

  it('of yes or no follows the rules of `if`', () => {
    expect([1, 'yes', {}, 0, '', undefined].map((each) => saysYes('a.on', () => each, 1))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
