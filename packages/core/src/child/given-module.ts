import { batchDefinition } from '../contract/batch.js';
import type { ModuleObject } from '../contract/worker-module.js';
import type { Imported } from './import-namespace.js';

/**
 * The exports of a worker module that the program gave as an object. Each function is looked up at its call, since a test may
 * replace it by a mock at any time. The object itself is never written to: it may be frozen.
 */
export function givenModule(object: ModuleObject): Imported {
  const namespace = boundTo(object);
  // The namespaces of some test runners throw for an export that is not there.
  const whole = Object.hasOwn(object, 'default') ? object['default'] : undefined;
  if (isObject(whole) && batchDefinition(whole) === undefined) {
    const inside = boundTo(whole);
    namespace['default'] = typeof whole === 'function' ? Object.assign(lookedUp(object, 'default'), inside) : inside;
  }
  return { namespace };
}

function boundTo(object: ModuleObject): Record<string, unknown> {
  const bound: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    // One that batch() made is more than its code: it takes lists, and has options.
    const isHandler = typeof value === 'function' && batchDefinition(value) === undefined;
    bound[name] = isHandler ? lookedUp(object, name) : value;
  }
  return bound;
}

function lookedUp(object: ModuleObject, name: string): (input: unknown, ctx: unknown) => unknown {
  return (input, ctx) => {
    const handler = object[name];
    if (typeof handler !== 'function') {
      throw new TypeError(`The handler "${name}" of the given object is not a function any more.`);
    }
    return (handler as (input: unknown, ctx: unknown) => unknown)(input, ctx);
  };
}

function isObject(value: unknown): value is ModuleObject {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
