import type { ModuleObject } from '../contract/worker-module.js';
import type { Imported } from './import-namespace.js';

/**
 * The exports of a worker module that the program gave as an object. Each function is looked up at its call, since a test may
 * replace it by a mock at any time.
 */
export function givenModule(object: ModuleObject): Imported {
  const namespace = boundTo(object);
  const { default: whole } = object;
  if (typeof whole === 'function')
    Object.assign(namespace['default'] as object, boundTo(whole as unknown as ModuleObject));
  else if (typeof whole === 'object' && whole !== null) namespace['default'] = boundTo(whole as ModuleObject);
  return { namespace };
}

function boundTo(object: ModuleObject): Record<string, unknown> {
  const bound: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    bound[name] = typeof value === 'function' && isPlain(value) ? lookedUp(object, name) : value;
  }
  return bound;
}

/** Whether nothing but its code matters. A function with properties may be marked with them, or is a mock already. */
function isPlain(value: object): boolean {
  return Object.keys(value).length === 0 && Object.getOwnPropertySymbols(value).length === 0;
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
