// How does a result look on the terminal?

/** One row a contestant; under each metric the median, lowest–highest, and how many times better than the best peer of its kind. */
export function renderTable(contestants, metrics) {
  const head = ['', 'workers', ...metrics.flatMap(({ unit }) => [unit, 'min–max', '× best peer'])];
  const rows = contestants.map(({ name, kind, role, results, failure }) => [
    role === 'baseline' ? `(${name})` : name,
    kind,
    ...metrics.flatMap(({ key }, index) => {
      if (results === undefined) return index === 0 ? ['–', failure, ''] : ['', '', ''];
      const { median, min, max, toBestPeer } = results[key];
      return [number(median), `${number(min)}–${number(max)}`, toBestPeer === undefined ? '' : number(toBestPeer)];
    }),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  return [head, ...rows]
    .map((row) => row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))))
    .map((row) => row.join('  ').trimEnd())
    .join('\n');
}

/** One line a goal. */
export function renderGoals(goals) {
  return goals
    .map(({ number, text, ...goal }) => `${number}  ${verdict(goal).padEnd(12)}  ${text}: ${measuredAgainst(goal)}`)
    .join('\n');
}

export function verdict({ isMet }) {
  if (isMet === null) return 'not measured';
  return isMet ? 'met' : 'not met';
}

/** Such as "13.4 × (goal: at least 12 ×)". */
export function measuredAgainst({ measured, unit, atLeast, atMost }) {
  const limit = atLeast === undefined ? `at most ${number(atMost)}` : `at least ${number(atLeast)}`;
  return `${measured === null ? '–' : `${number(measured)} ${unit}`} (goal: ${limit} ${unit})`;
}

/** A row of a table in Markdown. */
export function row(cells) {
  return `| ${cells.join(' | ')} |`;
}

/** Three digits are more than any of these measurements is worth. */
export function number(value) {
  if (Math.abs(value) >= 1000) return value.toLocaleString('en', { maximumFractionDigits: 0 });
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
