/** Texts by name that travel with a task. */
export type Headers = Readonly<Record<string, string>>;

/** The headers of a call without any. */
export const NO_HEADERS: Headers = frozenHeaders({});

/** A frozen copy without undefined values. It has no prototype, so that `headers['constructor']` finds a header alone. */
export function frozenHeaders(headers: Readonly<Record<string, string | undefined>>): Headers {
  const copy = Object.create(null) as Record<string, string>;
  for (const [name, text] of Object.entries(headers)) if (text !== undefined) copy[name] = text;
  return Object.freeze(copy);
}
