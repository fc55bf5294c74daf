import type { WorkersOption, Workload } from '../contract/options.js';

/** Between which numbers of workers a pool may move, and why. */
export interface SizeRange {
  min: number;
  max: number;
  reason: string;
}

/**
 * The range for a `workers` option. A fixed number is kept. 'auto' starts with one worker and may grow to the cores for
 * cpu work, to 1.5 times them where tasks also wait.
 * @param cores tells the usable cores, a fraction above 0. Asked only where it matters: it reads files
 */
export function sizeRange(workers: WorkersOption, workload: Workload, cores: () => number): SizeRange {
  if (typeof workers === 'number') return { min: workers, max: workers, reason: `workers: ${workers}` };
  const usable = cores();
  const perCore = workload === 'io' || workload === 'mixed' ? 1.5 : 1;
  const own = Math.max(1, Math.ceil(usable * perCore));
  const shown = `${Number(usable.toFixed(2))} usable cores, workload ${workload}`;
  if (workers === 'auto') return { min: 1, max: own, reason: shown };
  const max = workers.max ?? Math.max(own, workers.min ?? 0);
  return {
    min: workers.min ?? Math.min(1, max),
    max,
    reason: `workers: ${workers.min ?? ''}–${workers.max ?? ''}, ${shown}`,
  };
}

/**
 * How many workers tasks could use now: one for every `concurrency` tasks, within the range, never fewer than there are.
 */
export function wantedWorkers(range: SizeRange, current: number, tasks: number, concurrency: number): number {
  const useful = Math.ceil(tasks / concurrency);
  return Math.max(range.min, Math.min(range.max, Math.max(current, useful)));
}
