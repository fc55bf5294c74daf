/** Colours of task names: distinct for the first eight, in the order in which the page met them. */
const HUES = 8;
const known = new Map<string, number>();
/** Names beyond this number share the last colour. */
const MOST_NAMES = 200;

export function colourOf(task: string): string {
  let place = known.get(task);
  if (place === undefined) {
    place = known.size < MOST_NAMES ? known.size % HUES : HUES - 1;
    if (known.size < MOST_NAMES) known.set(task, place);
  }
  return token(`series-${place}`);
}

const read = new Map<string, string>();

/** A colour of the style sheet. They change with the scheme of light and dark. */
export function token(name: string): string {
  let value = read.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || '#888';
    read.set(name, value);
  }
  return value;
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => read.clear());
