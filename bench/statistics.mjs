// Sums up many rounds.

/**
 * The median, lowest and highest round, and the ratio to the best peer with the same kind of workers. Above 1 is better
 * than the peer, whichever way the metric counts. A contestant that failed keeps its reason instead.
 * @param rounds `{ contestant, metrics: one object a round, failure: why there are none }`
 */
export function summarize(rounds, metrics) {
  const contestants = rounds.map(({ contestant: { name, kind, role }, metrics: measured, failure }) => {
    if (failure !== undefined) return { name, kind, role, failure };
    const results = Object.fromEntries(metrics.map(({ key }) => [key, spread(measured.map((round) => round[key]))]));
    return { name, kind, role, results };
  });
  for (const { key, better } of metrics) {
    for (const { kind, role, results } of contestants) {
      if (role === 'baseline' || results === undefined) continue;
      const isRival = (other) => other.role === 'peer' && other.kind === kind;
      results[key].toBestPeer = timesBetter(results[key].median, bestMedian(contestants, isRival, key, better), better);
    }
  }
  return contestants;
}

/** @returns undefined when there is no result */
export function bestMedian(contestants, isMeant, key, better) {
  const medians = contestants.filter((each) => each.results && isMeant(each)).map(({ results }) => results[key].median);
  if (medians.length === 0) return undefined;
  return better === 'higher' ? Math.max(...medians) : Math.min(...medians);
}

export function timesBetter(median, other, better) {
  if (median === undefined || other === undefined) return undefined;
  return better === 'higher' ? median / other : other / median;
}

/** @param values in any order, not empty */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function spread(rounds) {
  const sorted = [...rounds].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), rounds };
}
