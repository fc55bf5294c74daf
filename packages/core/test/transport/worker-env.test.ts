import { afterEach, describe, expect, it } from 'vitest';
import { processEnv, workerEnv } from '../../src/transport/worker-env.js';

describe('the environment of a worker', () => {
  it('has of the given variables those that are not undefined', () => {
    expect({ ...workerEnv({ A: '1', B: undefined, C: '' }) }).toEqual({ A: '1', C: '' });
  });

  it('inherits nothing, neither from its variables nor from Object.prototype', () => {
    const env = workerEnv(
      Object.assign(Object.create({ NODE_OPTIONS: '--require ./stolen.cjs' }) as object, { A: '1' }),
    );
    expect(Object.getPrototypeOf(env)).toBeNull();
    const seen: string[] = [];
    for (const name in env) seen.push(name);
    expect(seen).toEqual(['A']);
    expect(Object.getPrototypeOf(workerEnv('inherit'))).toBeNull();
  });

  it('has NODE_OPTIONS without the inspector, even those that the user gave', () => {
    expect(workerEnv({ NODE_OPTIONS: '--inspect --no-warnings' })['NODE_OPTIONS']).toBe('--no-warnings');
  });
});

describe('the environment of a worker process', () => {
  const { versions } = process;
  afterEach(() => void Object.defineProperty(process, 'versions', { value: versions }));

  it('carries the worker module it is for, whatever variables it is given', () => {
    for (const env of ['inherit', 'clean', { A: '1' }] as const) {
      expect(processEnv(env, 'file:///app/worker.mjs')['MILLPOND_LINEAGE']).toBe('["file:///app/worker.mjs"]');
    }
  });

  it('makes a Node of the executable of Electron, and only of that', () => {
    expect(processEnv({}, 'file:///w.mjs')['ELECTRON_RUN_AS_NODE']).toBeUndefined();
    Object.defineProperty(process, 'versions', { value: { ...versions, electron: '38.0.0' } });
    for (const env of ['inherit', 'clean', {}] as const) {
      expect(processEnv(env, 'file:///w.mjs')['ELECTRON_RUN_AS_NODE']).toBe('1');
    }
  });
});
