/**
 * Freezes plain objects and arrays, with all that they hold.
 * @returns whether that makes the value immutable. If it holds any other object, nothing is frozen
 */
export function freezeAll(value: object): boolean {
  const parts = new Set<object>([value]);
  // The set grows while it is walked.
  for (const part of parts) {
    if (!isPlain(part)) return false;
    for (const key of [...Object.getOwnPropertyNames(part), ...Object.getOwnPropertySymbols(part)]) {
      const property = Object.getOwnPropertyDescriptor(part, key);
      if (property === undefined || !('value' in property)) return false;
      const inner: unknown = property.value;
      if (typeof inner === 'function') return false;
      if (typeof inner === 'object' && inner !== null) parts.add(inner);
    }
  }
  for (const part of parts) Object.freeze(part);
  return true;
}

/** Whether its properties are all that it holds. The contents of a Map, Date or typed array stay changeable when frozen. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
