import type { Ease } from './ease.js';
import { NO_RATE, type Rate } from './rate.js';
import type { SizingSample } from './sample.js';
import { type ShrinkVotes, shrunk } from './shrink-votes.js';
import type { Trial } from './trial.js';
import type { WorkloadProfile } from './workload-profile.js';

/** What a pool has learned for its sizing. Plain data; `decide` makes the next state from it. */
export interface SizingState {
  readonly shape: WorkloadProfile;
  readonly votes: ShrinkVotes;
  /** Work rate since the last change of the numbers, while there was enough to do. */
  readonly rate: Rate;
  readonly trial: Trial | undefined;
  /**
   * Trials have shown that this number of workers pays for these tasks, and that more than `ceiling` do not. The ceiling
   * holds until `ceilingUntilMs`; with Infinity, until another trial shows otherwise.
   */
  readonly proven: number;
  readonly ceiling: number;
  readonly ceilingUntilMs: number;
  /** Interval between trials at rest; it doubles while they change nothing. */
  readonly probeEveryMs: number;
  readonly probeAtMs: number;
  /** Whether the next trial at rest tries fewer workers. */
  readonly probesDown: boolean;
  /** Share of the workers that the next trial leaves out after a trial with fewer lost nothing; 0 otherwise. */
  readonly nextFewer: number;
  /** A concurrency that left workers idle time. */
  readonly tooFew: number;
  readonly ease: Ease;
  /** Start of the current stretch without any task; undefined while there are some. */
  readonly restingSinceMs: number | undefined;
  /** Start of the current stretch of waiting tasks; undefined while none wait. */
  readonly waitingSinceMs: number | undefined;
}

export interface SizingChoice {
  readonly state: SizingState;
  readonly workers: number;
  readonly concurrency: number;
  /** Text for people; empty when neither number changes. */
  readonly reason: string;
}

export interface SizingDecision extends SizingChoice {
  /** Which worker goes first: the longest unused, or the last started while all have enough to do. */
  readonly goFirst: 'coldest' | 'newest';
}

/** Changes the number of workers. Measurements with the old number do not hold for the new one. */
export function change(state: SizingState, sample: SizingSample, workers: number, reason: string): SizingChoice {
  const votes = workers < sample.workers ? shrunk(state.votes, sample.nowMs) : state.votes;
  return { state: { ...state, votes, rate: NO_RATE }, workers, concurrency: sample.concurrency, reason };
}

export function stay(state: SizingState, { workers, concurrency }: SizingSample): SizingChoice {
  return { state, workers, concurrency, reason: '' };
}

/** Whether every worker has as much to do as it may. Then none is idle for longer than a moment. */
export function haveEnough({ workers, concurrency, waiting, executing }: SizingSample): boolean {
  return waiting > 0 || executing >= workers * concurrency;
}

/** Whether all wanted workers are ready and have enough to do. */
export function isFull(sample: SizingSample): boolean {
  return sample.starting === 0 && sample.ready === sample.workers && haveEnough(sample);
}
