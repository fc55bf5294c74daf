/**
 * The same data with 0 in place of NaN and infinities, and a question mark for them in texts. Reports are written as JSON, which has
 * neither. Odd numbers come from clocks that jump.
 */
export function finite<T>(data: T): T {
  if (typeof data === 'number') return (Number.isFinite(data) ? data : 0) as T;
  if (typeof data === 'string') return data.replace(/-?\bNaN\b|-?\bInfinity\b/g, '?') as T;
  if (Array.isArray(data)) return data.map((each: unknown) => finite(each)) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, finite(value as unknown)])) as T;
}
