import { plural } from '../base/format-count.js';
import { PoolError } from '../contract/errors.js';
import { MOST_WORKERS } from '../contract/option-shapes.js';
import type { WorkersOption, Workload } from '../contract/options.js';

/** Bounds of a pool's number of workers, and the reason for them. */
export interface SizeRange {
  min: number;
  /** Most workers for the first tasks, before anything is known about them. */
  start: number;
  max: number;
  /** Spare workers beside those. */
  spare: number;
  /** Time for which an unneeded worker is kept; undefined where the pool decides. */
  idleMs?: number | undefined;
  reason: string;
}

/** Workers per core at the start. Tasks that wait need few workers, and many tasks at once in each. */
const PER_CORE: Record<Workload, number> = { auto: 1, cpu: 1, mixed: 1.5, io: 0.5 };
/** Tasks at once in each worker at the start, where the pool may choose. */
const AT_ONCE: Record<Workload, number> = { auto: 1, cpu: 1, mixed: 4, io: 16 };

/** The single worker of a pool that runs handlers in its own process. More would only pretend. */
export const ONE_INLINE: SizeRange = { min: 1, start: 1, max: 1, spare: 0, reason: 'inline' };

/** Environment variable that sets the number of workers, for example in a container. */
export const WORKERS_VARIABLE = 'MILLPOND_WORKERS';

/**
 * The range for a `workers` option. A fixed number is kept. 'auto' starts with one worker and may grow at once to a multiple
 * of the cores. The multiple is 1 for cpu work, 1.5 for mixed, and a half for io. After that the law decides (decide.ts).
 * @param cores returns the usable cores, a fraction above 0. It reads files, so it is called only where the number matters
 * @param fromOutside the value of WORKERS_VARIABLE. It counts where the option leaves the most open, and never against its least
 * @throws ERR_OPTION when that value is not a number of workers
 */
export function sizeRange(
  workers: WorkersOption,
  workload: Workload,
  cores: () => number,
  fromOutside: string | undefined,
): SizeRange {
  if (typeof workers === 'number') {
    return { min: workers, start: workers, max: workers, spare: 0, reason: `workers: ${workers}` };
  }
  const given = workers === 'auto' ? {} : workers;
  const { idleMs, spare = 0 } = given;
  if (fromOutside !== undefined && fromOutside !== '' && given.max === undefined) {
    const count = checkedCount(fromOutside);
    const max = Math.max(count, given.min ?? 0);
    const own = given.min === undefined && spare === 0 ? '' : `workers: ${boundsOf(given)}, `;
    return { min: given.min ?? count, start: max, max, spare, idleMs, reason: `${own}${WORKERS_VARIABLE}=${count}` };
  }
  const usable = cores();
  const own = Math.max(1, Math.ceil(usable * PER_CORE[workload]));
  const shown = `${plural(Number(usable.toFixed(2)), 'usable core')}, workload ${workload}`;
  const max = given.max ?? Math.max(mostFor(usable, own), given.min ?? 0);
  return {
    min: given.min ?? Math.min(1, max),
    start: Math.min(max, Math.max(own, given.min ?? 0)),
    max,
    spare,
    idleMs,
    reason: workers === 'auto' ? shown : `workers: ${boundsOf(given)}, ${shown}`,
  };
}

/** Tasks that each worker runs at once before anything is known about them. */
export function startConcurrency({ min, max }: { min: number; max: number }, workload: Workload): number {
  return Math.min(max, Math.max(min, AT_ONCE[workload]));
}

function checkedCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_WORKERS) return count;
  const reason = `must be an integer from 1 to ${MOST_WORKERS} in the environment, and was "${text}".`;
  throw new PoolError('ERR_OPTION', { option: WORKERS_VARIABLE, reason });
}

/**
 * Number of workers that tasks could use now, before anything else is known about them. It is one per `concurrency` tasks, up
 * to `start`, and never fewer than there are.
 */
export function wantedWorkers(range: SizeRange, current: number, tasks: number, concurrency: number): number {
  const useful = Math.ceil(tasks / concurrency);
  return Math.max(range.min, current, Math.min(range.start, useful));
}

/**
 * Workers beyond the cores help only tasks that block them. Trials find out how many. Eight idle processes take 0.4 GB
 * (docs/performance.md#idle-memory), as much of the memory of one core as a default may take. With half the number, blocking
 * tasks do half the work. With double, a default could take 0.8 GB a core.
 */
function mostFor(usable: number, own: number): number {
  return Math.max(own, Math.min(Math.ceil(usable * 8), 512));
}

/** The bounds that the option gives, as a text. */
function boundsOf({ min, max, spare = 0 }: Exclude<WorkersOption, number | 'auto'>): string {
  return `${rangeOf(min, max)}${spare === 0 ? '' : ` and ${spare} spare`}`;
}

function rangeOf(min: number | undefined, max: number | undefined): string {
  if (max === undefined) return min === undefined ? 'any number' : `${min} or more`;
  if (min === undefined) return `up to ${max}`;
  return min === max ? `${min}` : `${min}–${max}`;
}
