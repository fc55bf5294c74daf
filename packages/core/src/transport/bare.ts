/**
 * An object of options that inherits nothing. Node also reads options that we do not give. It would find those that other code has
 * written to Object.prototype: a `shell`, a `cwd`, a user id.
 */
export function bare<T extends object>(options: T): T {
  return Object.assign(Object.create(null) as T, options);
}
