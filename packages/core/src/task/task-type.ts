import { Histogram } from '../base/histogram.js';
import { random } from '../base/random.js';
import type { TaskSettings } from '../contract/resolved-options.js';
import { type BreakerHost, Breakers } from '../limits/breakers.js';
import { HedgePolicy } from '../limits/hedge-policy.js';
import { TaskLimits } from '../limits/task-limits.js';
import { TryBudget } from '../limits/try-budget.js';
import { TaskProfile } from '../sizing/task-profile.js';
import type { TypeBatches } from './type-batches.js';

/**
 * Weight of the newest sample in the moving average. The last 20 tasks or so decide. With double the weight, one task of
 * three times the time moves the average by two fifths. With half, 40 tasks decide, which are a second of tasks of 25 ms.
 */
const NEWEST = 0.1;
/**
 * Longest time that a task may count, as a multiple of the typical, and the least in ms. Otherwise 0 would stay for ever. With one
 * long task in ten, the typical time is 1.5 times that of the others. From one in four on, it follows the long ones. At double it
 * would from one in eight on, and at half from one in two. The least is what a task takes a worker beside its handler
 * (docs/decisions/0011-what-limits-dispatch.md).
 */
export const MUCH_LONGER = 4;
const LEAST_MS = 0.02;
/**
 * Assumed time of a task before one of its name has ended. It is above MOST_PREFETCH_MS, so that nothing is prefetched
 * behind it. Ten of them are the 10 s of RunOptions.key.
 */
const UNKNOWN_MS = 1000;
/** For types outside of a pool. */
const NO_HOST: BreakerHost = { random, breakerChanged() {} };

/** Data on all tasks of one name: settings, counts, times. */
export class TaskType {
  readonly name: string;
  /** Name of the handler that its tasks call. That of a callable differs from `name`. */
  readonly taskName: string;
  readonly settings: TaskSettings;
  completed = 0;
  failed = 0;
  /** Tasks that ran for their `slowMs`. */
  slow = 0;
  readonly wait = new Histogram();
  readonly run = new Histogram();
  readonly total = new Histogram();
  /** What its tasks do to their workers. */
  readonly profile: TaskProfile;
  /**
   * Expected execution time, ms: a moving average. It tells how much work a queue is, and shares time among names. The typical
   * time leaves out rare long tasks, which are most of the work of some names. The mean of the histogram never forgets.
   */
  expectedMs = UNKNOWN_MS;
  /**
   * Execution time of most tasks, ms: a moving average. A much longer task counts at most MUCH_LONGER times as long. Prefetch
   * goes by it. One 200 ms task among a hundred of 10 µs does not end prefetch, since tasks behind it are recalled. A name
   * that has become long shows all the same.
   */
  typicalMs = UNKNOWN_MS;
  /** Bytes of a result: a moving average. */
  resultBytes = 0;
  /** Bounds further tries; undefined without a bound. */
  readonly retryBudget: TryBudget | undefined;
  /** Its batches; undefined unless its handler takes lists. Known once a worker is ready. */
  batches: TypeBatches | undefined;
  /** Part of the sum of `run` in which rows of one call ran side by side, ms. A call counts once as work. */
  sharedMs = 0;
  /** Further tries that this bound has refused. */
  retriesRefused = 0;
  /** Undefined where no breaker looks after its tasks. */
  readonly breakers: Breakers | undefined;
  /** Undefined where its tasks are not hedged. */
  readonly hedge: HedgePolicy | undefined;

  /** Limits of its calls: over time, and at once. Undefined without any. */
  readonly limits: TaskLimits | undefined;
  /** Whether a limit, a breaker or a hedge looks after its tries. One look for the tasks of most names, which have none. */
  readonly watchesTries: boolean;
  /** Whether functions of the user look at each input before its task is queued. */
  readonly asksAboutInputs: boolean;

  /** @param base the type of a callable's task name: what the callable does not set itself, it shares with that */
  constructor(name: string, settings: TaskSettings, host: BreakerHost = NO_HOST, base?: TaskType, taskName = name) {
    this.name = name;
    this.taskName = taskName;
    // Workers report by name what handlers do to them.
    this.profile = base?.profile ?? new TaskProfile();
    this.settings = settings;
    const { retry, breaker, hedge } = settings;
    const shared = base?.settings;
    this.retryBudget = base !== undefined && retry === shared?.retry ? base.retryBudget : budgetOf(retry);
    if (base !== undefined && breaker === shared?.breaker) this.breakers = base.breakers;
    else this.breakers = breaker === undefined ? undefined : new Breakers(name, breaker, host);
    const { limits } = settings;
    if (base !== undefined && limits === shared?.limits) this.limits = base.limits;
    else this.limits = limits && new TaskLimits(limits, base?.limits);
    if (base !== undefined && hedge === shared?.hedge) this.hedge = base.hedge;
    else this.hedge = hedge === undefined ? undefined : new HedgePolicy(hedge);
    this.watchesTries = (this.breakers ?? this.limits ?? this.hedge) !== undefined;
    const { batch } = settings;
    this.asksAboutInputs = this.limits !== undefined || (batch?.key ?? batch?.isFull) !== undefined;
  }

  /** Notes a first try: it pays for further ones. */
  noteFirstTry(): void {
    this.retryBudget?.payIn();
    this.hedge?.budget.payIn();
  }

  /** Adds the times of a handler that ran to its end. */
  record(waitMs: number, runMs: number, totalMs: number): void {
    this.wait.record(waitMs);
    this.run.record(runMs);
    this.total.record(totalMs);
    if (this.run.count === 1) {
      this.expectedMs = this.typicalMs = runMs;
      return;
    }
    this.expectedMs += (runMs - this.expectedMs) * NEWEST;
    const seenMs = Math.min(runMs, this.typicalMs * MUCH_LONGER + LEAST_MS);
    this.typicalMs += (seenMs - this.typicalMs) * NEWEST;
  }

  /** Adds the size of a handler's result. */
  recordResult(bytes: number): void {
    this.resultBytes += (bytes - this.resultBytes) * NEWEST;
  }
}

function budgetOf({ budget }: TaskSettings['retry']): TryBudget | undefined {
  return budget === undefined ? undefined : new TryBudget(budget);
}
