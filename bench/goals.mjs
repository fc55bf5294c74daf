// Decides whether an aim was reached. A goal is one number made of medians, and a limit for it.
import { bestMedian, timesBetter } from './statistics.mjs';

export const ours = (kind) => (each) => each.role === 'subject' && (kind === undefined || each.kind === kind);
export const peers = (kind) => (each) => each.role === 'peer' && (kind === undefined || each.kind === kind);
export const named = (name) => (each) => each.name === name;

/** Peers that give a task to a free worker. Poolifier gives each task to a worker at once, in turn. */
export const isDynamic = (kind) => (each) =>
  peers(kind)(each) && (!each.name.startsWith('poolifier') || each.name.endsWith('queues'));

/** The ratio by which the best of `us` beats the best of `them`, whichever way the metric counts. */
export function timesBest({ number, text, metric, us, them, atLeast }) {
  return {
    number,
    text,
    unit: '×',
    atLeast,
    value: (contestants) =>
      timesBetter(
        bestMedian(contestants, us, metric.key, metric.better),
        bestMedian(contestants, them, metric.key, metric.better),
        metric.better,
      ),
  };
}

/** The cost of `us` as a multiple of the cost of `them`, where less is better. */
export function timesCost({ number, text, metric, us, them, atMost }) {
  const ratio = (cost, other) => (cost === undefined || other === undefined ? undefined : cost / other);
  return costGoal({ number, text, metric, us, them, atMost, unit: '×', compare: ratio });
}

/** The cost of `us` beyond that of `them`, in the metric's own unit. */
export function costsMore({ number, text, metric, us, them, atMost }) {
  const difference = (cost, other) => (cost === undefined || other === undefined ? undefined : cost - other);
  return costGoal({ number, text, metric, us, them, atMost, unit: metric.unit, compare: difference });
}

/** No more than a fixed amount. */
export function costsAtMost({ number, text, metric, us, atMost }) {
  return costGoal({ number, text, metric, us, them: () => false, atMost, unit: metric.unit, compare: (cost) => cost });
}

/**
 * The cost of `us` is not above that of the best of `them`. A difference below the spread of one contestant's rounds does not
 * count. Our best round may then be as good as the other's median.
 */
export function neverSlower({ number, text, metric, us, them }) {
  const goal = timesCost({ number, text, metric, us, them, atMost: 1 });
  const isWithinSpread = (contestants) =>
    bestRound(contestants, us, metric.key) <= bestMedian(contestants, them, metric.key, 'lower');
  return { ...goal, isWithinSpread };
}

/** As data, for the table and the results: measured, limit, and whether it was met; null when nothing was measured. */
export function evaluateGoals(goals, contestants) {
  return goals.map(({ number, text, unit, atLeast, atMost, value, isWithinSpread }) => {
    const measured = value(contestants) ?? null;
    if (measured === null) return { number, text, measured, unit, atLeast, atMost, isMet: null };
    const isReached = atLeast === undefined ? measured <= atMost : measured >= atLeast;
    const isClose = !isReached && isWithinSpread?.(contestants) === true;
    return {
      number,
      text,
      measured,
      unit,
      atLeast,
      atMost,
      isMet: isReached || isClose,
      isClose: isClose || undefined,
    };
  });
}

function bestRound(contestants, isMeant, key) {
  return Math.min(
    ...contestants.filter((each) => each.results && isMeant(each)).map(({ results }) => results[key].min),
  );
}

function costGoal({ number, text, metric, us, them, atMost, unit, compare }) {
  const cost = (contestants, isMeant) => bestMedian(contestants, isMeant, metric.key, 'lower');
  const value = (contestants) => compare(cost(contestants, us), cost(contestants, them));
  return { number, text, unit, atMost, value };
}
