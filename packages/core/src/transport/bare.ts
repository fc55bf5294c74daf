/**
 * An object of options that inherits nothing. Node reads options that we do not give, and finds those which something has
 * written to Object.prototype: a `shell`, a `cwd`, a user id.
 */
export function bare<T extends object>(options: T): T {
  return Object.assign(Object.create(null) as T, options);
}
