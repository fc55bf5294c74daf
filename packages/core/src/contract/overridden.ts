/** Options over others, one by one. What is undefined counts as not given. */
export function overridden<T extends object>(base: T | undefined, own: T | undefined): T | undefined {
  if (base === undefined || own === undefined) return own ?? base;
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...base, ...(Object.fromEntries(given) as T) };
}
