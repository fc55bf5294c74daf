/** Colours of the style sheet for canvases, which cannot name them. */
const known = new Map<string, string>();

export function colour(name: string): string {
  let value = known.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || '#888888';
    known.set(name, value);
  }
  return value;
}

/** After a change of the theme. */
export function forgetColours(): void {
  known.clear();
}

/** Number of colours for task names; names beyond them share the last one. */
export const TASK_COLOURS = 8;

export function taskColour(rank: number): string {
  return colour(`c-task-${Math.min(rank, TASK_COLOURS - 1)}`);
}
