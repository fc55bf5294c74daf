import { OTHER } from '../../base/bounded-names.js';

/** The name of a method or a command, as reports show it. Anything else may be a value, and is '(other)'. */
export function methodName(name: unknown): string {
  return typeof name === 'string' && /^[A-Za-z][\w.-]{0,39}$/.test(name) ? name.toUpperCase() : OTHER;
}
