import type { Ease } from './ease.js';
import type { WorkloadProfile } from './workload-profile.js';
import { NO_RATE, type Rate } from './rate.js';
import type { SizingSample } from './sample.js';
import { shrunk, type ShrinkVotes } from './shrink-votes.js';
import type { Trial } from './trial.js';

/** What a pool has learned for its sizing. Plain data; `decide` makes the next of it. */
export interface SizingState {
  readonly shape: WorkloadProfile;
  readonly votes: ShrinkVotes;
  /** Work rate since the numbers changed last, while there was enough to do. */
  readonly rate: Rate;
  readonly trial: Trial | undefined;
  /**
   * Trials have shown that this number of workers is worth it for these tasks, and that more than `ceiling` are not. That
   * holds until `ceilingUntilMs`; Infinity: until another trial shows otherwise.
   */
  readonly proven: number;
  readonly ceiling: number;
  readonly ceilingUntilMs: number;
  /** From one trial at rest to the next; doubles while they change nothing. */
  readonly probeEveryMs: number;
  readonly probeAtMs: number;
  /** Whether the next trial at rest is with fewer. */
  readonly probesDown: boolean;
  /** Share of the workers that the next trial of fewer leaves out, after one in which nothing was lost; 0 after any other. */
  readonly nextFewer: number;
  /** The concurrency at which workers had time to spare. */
  readonly tooFew: number;
  readonly ease: Ease;
  /** Since when tasks have been waiting, without a pause; undefined while none wait. */
  readonly waitingSinceMs: number | undefined;
}

export interface SizingChoice {
  readonly state: SizingState;
  readonly workers: number;
  readonly concurrency: number;
  /** For people; empty when neither number changes. */
  readonly reason: string;
}

export interface SizingDecision extends SizingChoice {
  /** Which worker goes first where fewer are wanted: the longest unused; while all have enough to do, the one started last. */
  readonly goFirst: 'coldest' | 'newest';
}

/** Another number of workers: what was measured with the one before does not hold for it. */
export function change(state: SizingState, sample: SizingSample, workers: number, reason: string): SizingChoice {
  const votes = workers < sample.workers ? shrunk(state.votes, sample.nowMs) : state.votes;
  return { state: { ...state, votes, rate: NO_RATE }, workers, concurrency: sample.concurrency, reason };
}

export function stay(state: SizingState, { workers, concurrency }: SizingSample): SizingChoice {
  return { state, workers, concurrency, reason: '' };
}

/** Whether every worker has as much to do as it may: then none is idle for longer than a moment. */
export function haveEnough({ workers, concurrency, waiting, executing }: SizingSample): boolean {
  return waiting > 0 || executing >= workers * concurrency;
}

/** Whether all workers there should be are there, and have enough to do. */
export function isFull(sample: SizingSample): boolean {
  return sample.starting === 0 && sample.ready === sample.workers && haveEnough(sample);
}
