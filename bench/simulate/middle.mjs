/** The median of each number. @param runs objects with the same keys */
export function middleOf(runs) {
  const middle = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, middle(key)]));
}
