/** Longest text that a page keeps of a name. */
const KEEP = 240;

/**
 * Characters that draw nothing, or turn the direction of what follows. They are shown by their numbers. So a name can neither hide a
 * part of itself nor reorder its line.
 */
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A text of the user's program as a page may show it. */
export function safeText(text: string, keep: number = KEEP): string {
  const cut = text.length > keep ? `${text.slice(0, keep)}… (${text.length} characters)` : text;
  return cut.replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A shorter form for a label; the whole stands in its title. */
export function shortName(name: string, keep = 48): string {
  return name.length > keep ? `${name.slice(0, keep - 1)}…` : name;
}

/** Every text inside plain data, made safe; keys too, because counters are named by the program. */
export function safeData<T>(data: T): T {
  return safe(data) as T;
}

function safe(value: unknown): unknown {
  if (typeof value === 'string') return safeText(value, 4 * KEEP);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value))
    return typeof value[0] === 'number' && value.every(isFiniteNumber) ? value : value.map(safe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [safeText(key), safe(inner)]));
}

function isFiniteNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}
