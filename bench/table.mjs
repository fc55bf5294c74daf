// Formats a result for the terminal.

/** One row a contestant; under each metric what `headCells` names. */
export function renderTable(contestants, metrics, { isCompact = false } = {}) {
  const head = ['', 'workers', ...headCells(metrics, isCompact)];
  const rows = contestants.map((contestant) => [
    contestant.role === 'baseline' ? `(${contestant.name})` : contestant.name,
    contestant.kind,
    ...resultCells(contestant, metrics, isCompact),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  return [head, ...rows]
    .map((row) => row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))))
    .map((row) => row.join('  ').trimEnd())
    .join('\n');
}

/**
 * For each metric: median, lowest–highest, and ratio to the best peer of its kind; or the median alone. There is no ratio to 0, such as
 * that of loads where every document is kept.
 */
export function headCells(metrics, isCompact) {
  return metrics.flatMap(({ unit }) => (isCompact ? [unit] : [unit, 'min–max', '× best peer']));
}

export function resultCells({ results, failure }, metrics, isCompact) {
  if (results === undefined) return headCells(metrics, isCompact).map((_, column) => ['–', failure][column] ?? '');
  return metrics.flatMap(({ key }) => {
    const { median, min, max, toBestPeer } = results[key];
    if (isCompact) return [number(median)];
    return [number(median), `${number(min)}–${number(max)}`, Number.isFinite(toBestPeer) ? number(toBestPeer) : ''];
  });
}

/** One line a goal. */
export function renderGoals(goals) {
  return goals
    .map(({ number, text, ...goal }) => `${number}  ${verdict(goal).padEnd(12)}  ${text}: ${measuredAgainst(goal)}`)
    .join('\n');
}

/** @param isClose missed by less than the spread of the rounds */
export function verdict({ isMet, isClose }) {
  if (isMet === null) return 'not measured';
  if (isClose) return 'met, within the spread';
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
