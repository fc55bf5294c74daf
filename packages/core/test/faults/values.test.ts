import { isPoolError } from '@millpond/core';
import { describe, expect } from 'vitest';
import { fault, rejection } from './lab.js';

describe('a value that cannot be sent', () => {
  fault(
    {
      row: '20',
      fault: 'argument that cannot be sent',
      injected: 'a function, a symbol, a throwing getter, each with good tasks in the same frame; a circular one',
      expected: 'ERR_NOT_SERIALIZABLE (input) for that call; circular arrives; the worker is untouched',
    },
    async (lab) => {
      const pool = lab.pool('values.mjs', { workers: 1 });
      const circular: { self?: unknown } = {};
      circular.self = circular;
      const throwing = {
        get boom(): never {
          throw new Error('getter');
        },
      };
      const bad = [() => {}, Symbol('s'), throwing, new WeakMap()].map((value) => rejection(pool.run('ping', value)));
      const good = [1, 2, 3].map((n) => pool.run('ping', n));
      const back = (await pool.run('ping', circular)) as typeof circular;
      expect(back.self).toBe(back);
      for (const error of await Promise.all(bad)) {
        expect(isPoolError(error, 'ERR_NOT_SERIALIZABLE') && error.details.what).toBe('input');
      }
      expect(await Promise.all(good)).toEqual([1, 2, 3]);
      expect(lab.deaths(pool)).toEqual([]);
      return '4 times ERR_NOT_SERIALIZABLE; the others done; no death';
    },
  );

  fault(
    {
      row: '21',
      fault: 'result that cannot be sent',
      injected: 'a function, a symbol, a throwing getter, a generator; a circular one',
      expected: 'ERR_NOT_SERIALIZABLE (result); circular arrives; the worker survives',
    },
    async (lab) => {
      const pool = lab.pool('values.mjs', { workers: 1 });
      const names = ['function', 'symbol', 'throwingGetter', 'generator'];
      const bad = names.map((name) => rejection(pool.run('unsendable', name)));
      const good = [1, 2, 3].map((n) => pool.run('ping', n));
      const back = (await pool.run('circular')) as { self?: unknown };
      expect(back.self).toBe(back);
      for (const error of await Promise.all(bad)) {
        expect(isPoolError(error, 'ERR_NOT_SERIALIZABLE') && error.details.what).toBe('result');
      }
      expect(await Promise.all(good)).toEqual([1, 2, 3]);
      expect(lab.deaths(pool)).toEqual([]);
      return '4 times ERR_NOT_SERIALIZABLE; the others done; no death';
    },
  );

  fault(
    {
      row: '22',
      fault: 'strange throws',
      injected:
        'null, undefined, a string, a frozen error, a cyclic cause, a throwing toString, throwing getters, a function; ' +
        'thrown and rejected',
      expected: 'rejects with a usable Error; the worker survives',
    },
    async (lab) => {
      const pool = lab.pool('values.mjs', { workers: 1 });
      const names = ['null', 'undefined', 'string', 'frozen', 'cyclicCause', 'throwingToString', 'throwingGetters'];
      const all = [...names, 'function'];
      for (const error of await Promise.all(
        all.flatMap((name) => ['throws', 'rejects'].map((how) => rejection(pool.run(how, name)))),
      )) {
        expect(error).toBeInstanceOf(Error);
        expect(typeof error.message).toBe('string');
        expect(typeof error.stack).toBe('string');
        expect(error).toHaveProperty('origin.workerId', 1);
      }
      expect(await rejection(pool.run('throws', 'frozen'))).toBeInstanceOf(TypeError);
      expect(lab.deaths(pool)).toEqual([]);
      return '16 of 16 arrived as an Error; no death';
    },
  );

  fault(
    {
      row: '22c',
      fault: 'throws a hostile proxy',
      injected: 'a Proxy of an Error, all of whose traps throw',
      expected: 'rejects with a usable Error; the worker survives',
    },
    async (lab) => {
      const pool = lab.pool('values.mjs', { workers: 1 });
      for (const how of ['throws', 'rejects']) {
        expect(await rejection(pool.run(how, 'proxy'))).toHaveProperty('origin.workerId', 1);
      }
      expect(lab.deaths(pool)).toEqual([]);
      return 'arrived as an Error; no death';
    },
  );

  fault(
    {
      row: '22b',
      fault: 'hostile thenables as results',
      injected: 'one that calls back three times, one whose `then` throws',
      expected: 'the first answer counts; a throwing `then` fails its own task only; the worker survives',
    },
    async (lab) => {
      const pool = lab.pool('values.mjs', { workers: 1 });
      const neighbours = [1, 2, 3].map((n) => pool.run('ping', n));
      const thrown = rejection(pool.run('throwingThen'));
      expect(await pool.run('settlesTwice')).toBe('first');
      expect((await thrown).message).toBe('then');
      expect(await Promise.all(neighbours)).toEqual([1, 2, 3]);
      expect(lab.deaths(pool)).toEqual([]);
      return 'first answer counts; only the task itself fails';
    },
  );
});
