// How does a result look on the terminal?

/** One row a contestant; under each metric the median, lowest–highest, and the ratio to the best peer of its kind. */
export function renderTable(contestants, metrics) {
  const head = ['', 'workers', ...metrics.flatMap(({ unit }) => [unit, 'min–max', '× best peer'])];
  const rows = contestants.map(({ name, kind, role, results }) => [
    role === 'baseline' ? `(${name})` : name,
    kind,
    ...metrics.flatMap(({ key }) => {
      const { median, min, max, toBestPeer } = results[key];
      return [number(median), `${number(min)}–${number(max)}`, toBestPeer === undefined ? '' : toBestPeer.toFixed(2)];
    }),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  return [head, ...rows]
    .map((row) => row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))))
    .map((row) => row.join('  ').trimEnd())
    .join('\n');
}

function number(value) {
  return value.toLocaleString('en', { maximumFractionDigits: value < 1000 ? 1 : 0 });
}
