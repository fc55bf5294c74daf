/**
 * Elements as data. The same views are text in the file and elements in the page. Text and attributes are never markup, so a name
 * from the user's program stays a name.
 */
export interface El {
  tag: string;
  attrs: Record<string, string | number>;
  children: Child[];
}
export type Child = El | string;
/** What may stand between elements; all that is not there is left out. */
export type Given = Child | readonly Child[] | null | undefined | false;

export function h(tag: string, attrs: Record<string, string | number | undefined> = {}, ...children: Given[]): El {
  const given = Object.entries(attrs).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return { tag, attrs: Object.fromEntries(given), children: children.flatMap(present) };
}

function present(child: Given): Child[] {
  if (child === null || child === undefined || child === false) return [];
  return Array.isArray(child) ? (child as Child[]) : [child as Child];
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);
}

/** Tags without an end. */
const VOID = new Set(['br', 'hr', 'meta', 'input']);

export function toMarkup(child: Child): string {
  if (typeof child === 'string') return escapeText(child);
  const attrs = Object.entries(child.attrs).map(([name, value]) => ` ${name}="${escapeText(String(value))}"`);
  const start = `<${child.tag}${attrs.join('')}>`;
  if (VOID.has(child.tag)) return start;
  return `${start}${child.children.map(toMarkup).join('')}</${child.tag}>`;
}
