// Replaces the part of a page that a script writes. Two comments mark it, each on a line of its own.

/** @param page its text @param name names it in the error @returns the page with this text between the marks */
export function betweenMarks({ page, name, begin, end }, text) {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${name} has no ${begin} … ${end}.`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
