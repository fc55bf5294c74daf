// What do many rounds say?
import { CONTESTANTS } from './contestants.mjs';

/**
 * The median of the rounds with the lowest and the highest, and its ratio to the best peer with the same kind of
 * workers (above 1 is better than the peer, whichever way the metric counts).
 * @param roundsOf contestant → metrics of each round
 */
export function summarize(roundsOf, metrics) {
  const contestants = Array.from(roundsOf, ([name, rounds]) => {
    const { kind, role } = CONTESTANTS[name];
    const results = Object.fromEntries(metrics.map(({ key }) => [key, spread(rounds.map((round) => round[key]))]));
    return { name, kind, role, results };
  });
  for (const { key, better } of metrics) {
    for (const { kind, role, results } of contestants) {
      if (role === 'baseline') continue;
      const peers = contestants.filter((each) => each.role === 'peer' && each.kind === kind);
      const medians = peers.map((peer) => peer.results[key].median);
      const { median } = results[key];
      results[key].toBestPeer = better === 'higher' ? median / Math.max(...medians) : Math.min(...medians) / median;
    }
  }
  return contestants;
}

/** @param sorted ascending, not empty */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function spread(rounds) {
  const sorted = [...rounds].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), rounds };
}
