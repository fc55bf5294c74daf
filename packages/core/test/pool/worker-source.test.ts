import { describe, expect, it } from 'vitest';
import { batch } from '../../src/contract/batch.js';
import { workerSource } from '../../src/pool/worker-source.js';

const versionOf = (module: object): string => workerSource(module).version();

describe('the version of a module that was given as an object', () => {
  it('is that of its code, wherever its functions are', () => {
    const one = { add: (n: number) => n + 1 };
    const other = { add: (n: number) => n + 2 };
    expect(versionOf(one)).toBe(versionOf({ add: (n: number) => n + 1 }));
    const versions = [one, other, { default: one }, { default: other }].map(versionOf);
    expect(new Set(versions).size).toBe(4);
    const whole =
      (n: number): ((by: number) => number) =>
      (by) =>
        by * n;
    const whole1 = versionOf({ default: Object.assign(whole(1), { add: one.add }) });
    expect(versionOf({ default: Object.assign(whole(1), { add: other.add }) })).not.toBe(whole1);
  });

  it('sees the functions of batches', () => {
    const one = batch({ maxSize: 2 }, (inputs: number[]) => inputs.map((n) => n + 1));
    const other = batch({ maxSize: 2 }, (inputs: number[]) => inputs.map((n) => n + 2));
    expect(versionOf({ one })).not.toBe(versionOf({ one: other }));
  });

  it('must be given for functions that show no code', () => {
    const bound = function (this: unknown): unknown {
      return this;
    }.bind(5);
    expect(() => versionOf({ bound })).toThrow(/"cache.version" must be given.*"bound"/);
  });
});
