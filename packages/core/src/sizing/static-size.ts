import { PoolError } from '../contract/errors.js';
import { MOST_WORKERS } from '../contract/option-shapes.js';
import type { WorkersOption, Workload } from '../contract/options.js';

/** Between which numbers of workers a pool may move, and why. */
export interface SizeRange {
  min: number;
  /** How many the first tasks may have, before anything is known of them. */
  start: number;
  max: number;
  /** Workers beside those, that stand by. */
  spare: number;
  reason: string;
}

/** Workers for each core at the start. Tasks that wait need few of them, and many at once in each. */
const PER_CORE: Record<Workload, number> = { auto: 1, cpu: 1, mixed: 1.5, io: 0.5 };
/** Tasks at once in each worker at the start, where the pool may choose. */
const AT_ONCE: Record<Workload, number> = { auto: 1, cpu: 1, mixed: 4, io: 16 };

/** The only worker of a pool that runs handlers in its own process: more would only pretend. */
export const ONE_INLINE: SizeRange = { min: 1, start: 1, max: 1, spare: 0, reason: 'inline' };

/** The variable by which the environment of a program, a container perhaps, sets the number of workers. */
export const WORKERS_VARIABLE = 'MILLPOND_WORKERS';

/**
 * The range for a `workers` option. A fixed number is kept. 'auto' starts with one worker and may grow at once to the cores
 * for cpu work, to 1.5 times them for mixed, to half of them for io; then as the law has it (decide.ts).
 * @param cores tells the usable cores, a fraction above 0. Asked only where it matters: it reads files
 * @param fromOutside the value of WORKERS_VARIABLE. It stands for every number that the option leaves open
 * @throws ERR_OPTION when that is no number of workers
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
  const spare = given.spare ?? 0;
  if (fromOutside !== undefined && fromOutside !== '' && given.max === undefined) {
    const count = checkedCount(fromOutside);
    const min = Math.min(given.min ?? count, count);
    return { min, start: count, max: count, spare, reason: `${WORKERS_VARIABLE}=${count}` };
  }
  const usable = cores();
  const own = Math.max(1, Math.ceil(usable * PER_CORE[workload]));
  const shown = `${Number(usable.toFixed(2))} usable cores, workload ${workload}`;
  const max = given.max ?? Math.max(mostFor(usable, own), given.min ?? 0);
  return {
    min: given.min ?? Math.min(1, max),
    start: Math.min(max, Math.max(own, given.min ?? 0)),
    max,
    spare,
    reason: workers === 'auto' ? shown : `workers: ${given.min ?? ''}–${given.max ?? ''}, ${shown}`,
  };
}

/** How many tasks each worker runs at once, before anything is known of them. */
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
 * How many workers tasks could use now, while nothing more is known of them: one for every `concurrency` tasks, up to
 * `start`; never fewer than there are.
 */
export function wantedWorkers(range: SizeRange, current: number, tasks: number, concurrency: number): number {
  const useful = Math.ceil(tasks / concurrency);
  return Math.max(range.min, current, Math.min(range.start, useful));
}

/** Workers beyond the cores help only tasks that block them; how many, trials tell. */
function mostFor(usable: number, own: number): number {
  return Math.max(own, Math.min(Math.ceil(usable * 8), 512));
}
