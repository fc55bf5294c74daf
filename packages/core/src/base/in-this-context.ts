import { AsyncResource } from 'node:async_hooks';

/** A function that runs in the present async context, whatever context it is called in. */
export function inThisContext<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  return AsyncResource.bind(fn);
}
