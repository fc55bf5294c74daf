import { plural } from '../base/format-count.js';
import type { RecycleRules } from '../contract/resolved-options.js';
import type { LeakVerdict } from './leak.js';

/** The data of a ready worker that recycling decides on. */
export interface RecycleView {
  readonly id: number;
  /** Tasks that it has done or has in flight. */
  readonly tasksTaken: number;
  /** Tasks that it may take in all, by its rule; Infinity without one. */
  readonly mostTasks: number;
  readonly readyMs: number;
  /** 0 before the first reading. */
  readonly rssBytes: number;
  readonly warmRssBytes: number;
  readonly leak: LeakVerdict | undefined;
  /** Factor on the age limit of this worker. It is drawn at the start, so that workers do not all go at the same moment. */
  readonly stretch: number;
}

export interface RecycleChoice {
  readonly id: number;
  readonly reason: string;
}

const MIB = 1024 * 1024;

/** Number of `workers` that may be replaced at a time: a quarter, and one at least. */
export function mostAtOnce(workers: number): number {
  return Math.max(1, Math.floor(workers / 4));
}

/**
 * The same for workers that have taken their last task. When workers get few tasks each, most are at their last one at any
 * moment. With one task each, every worker is, and the ones before may still be shutting down.
 */
export function mostAtLastTask(workers: number, afterTasks: number | undefined): number {
  const most = mostAtOnce(workers);
  if (afterTasks === undefined) return most;
  return Math.max(most, afterTasks === 1 ? 2 * workers : Math.ceil(workers / afterTasks));
}

/**
 * Chooses the workers to replace now, the most urgent first.
 * @param underway replacements that are not done yet
 * @param workers number of workers that there should be
 */
export function chooseToRecycle(
  views: readonly RecycleView[],
  rules: RecycleRules,
  underway: number,
  workers = views.length,
): readonly RecycleChoice[] {
  const due: (RecycleChoice & { urgency: number })[] = [];
  for (const view of views) {
    const choice = whyRecycle(view, rules);
    if (choice !== undefined) due.push({ id: view.id, ...choice });
  }
  due.sort((a, b) => b.urgency - a.urgency);
  const most = mostAtOnce(workers);
  const mostAtLast = mostAtLastTask(workers, rules.afterTasks);
  const takenAll = new Set(views.filter((view) => view.tasksTaken >= view.mostTasks).map(({ id }) => id));
  const chosen: RecycleChoice[] = [];
  for (const { id, reason } of due) {
    if (underway + chosen.length < (takenAll.has(id) ? mostAtLast : most)) chosen.push({ id, reason });
  }
  return chosen;
}

/** Tasks that a worker may take in all: `afterTasks`, less its jitter, and one at least. */
export function mostTasksOf(afterTasks: number | undefined, stretch: number): number {
  return afterTasks === undefined ? Infinity : Math.max(1, Math.ceil(afterTasks * stretch));
}

/** The factor by which a worker is over its limit, and the words for it. */
function whyRecycle(view: RecycleView, rules: RecycleRules): { urgency: number; reason: string } | undefined {
  const grownBytes = view.rssBytes - view.warmRssBytes;
  if (rules.aboveRssBytes !== undefined && view.rssBytes > 0 && grownBytes > rules.aboveRssBytes) {
    const urgency = grownBytes / rules.aboveRssBytes;
    return { urgency, reason: `memory: ${mib(grownBytes)} more than when it was warm` };
  }
  if (rules.onLeak && view.leak?.isLeak === true) {
    const { bytesPerTask, grownBytes: leaked } = view.leak;
    return { urgency: 1, reason: `leak: ${(bytesPerTask / 1024).toFixed(1)} KiB a task, ${mib(leaked)} in all` };
  }
  if (view.tasksTaken >= view.mostTasks) {
    const { mostTasks } = view;
    return { urgency: view.tasksTaken / mostTasks, reason: plural(mostTasks, 'task') };
  }
  if (rules.afterMs !== undefined && view.readyMs >= rules.afterMs * view.stretch) {
    return { urgency: view.readyMs / rules.afterMs, reason: `${Math.round(view.readyMs / 1000)} s old` };
  }
  return undefined;
}

/** The factor of one worker: evenly distributed from 1 − jitter to 1. */
export function stretchOf(jitter: number, random: number): number {
  return 1 - jitter * random;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
