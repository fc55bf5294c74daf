/** The same data with 0 in place of NaN and infinities: reports are written as JSON, which has neither. */
export function finite<T>(data: T): T {
  if (typeof data === 'number') return (Number.isFinite(data) ? data : 0) as T;
  if (Array.isArray(data)) return data.map((each: unknown) => finite(each)) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, finite(value as unknown)])) as T;
}
