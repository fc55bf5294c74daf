import type { CacheOptions } from './cache-options.js';
import type { CodecName } from './codec.js';
import type { HealthLimits } from './health.js';
import type { PoolKind, PoolOptions, WorkersOption, Workload } from './options.js';
import type { GivenBatch } from './resolve-batch.js';
import type { ResolvedBreaker } from './resolve-breaker.js';
import type { ResolvedHedge } from './resolve-hedge.js';
import type { ResolvedLimit } from './resolve-limits.js';
import type { ResolvedShaping } from './resolve-shaping.js';
import type { StdioOption } from './stdio.js';

/** When workers are replaced. An undefined rule does not apply. */
export interface RecycleRules {
  readonly afterTasks: number | undefined;
  readonly afterMs: number | undefined;
  /** Memory above that of the warm worker. */
  readonly aboveRssBytes: number | undefined;
  readonly onLeak: boolean;
}

export interface ResolvedRetry {
  readonly attempts: number;
  readonly on: ((error: unknown) => boolean) | undefined;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly maxRetryAfterMs: number;
  /** Further tries as a share of first ones; undefined for no limit. */
  readonly budget: number | undefined;
}

/** The cache of a pool. */
export interface ResolvedCache extends Required<Omit<CacheOptions, 'store' | 'warm' | 'version'>> {
  readonly store: CacheOptions['store'];
  readonly isWarm: boolean;
  /** Undefined for that of the worker module. */
  readonly version: string | undefined;
}

/** How results of a task are cached. Lengths of time in ms. */
export interface ResolvedTaskCache {
  /** Path of its options, for errors. */
  readonly path: string;
  readonly key: ((input: unknown) => string) | undefined;
  /** 0 for no end. */
  readonly ttlMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly refreshAhead: boolean;
  readonly failures: { readonly ttlMs: number; readonly on: ((error: unknown) => boolean) | undefined } | undefined;
  readonly tags: readonly string[] | ((input: unknown) => readonly string[]);
  readonly share: 'copy' | 'frozen';
  /** Empty for none. */
  readonly version: string;
}

/** All that a task needs to know besides its input. One frozen object per task name, shared by its tasks. */
export interface TaskSettings {
  readonly timeoutMs: number;
  readonly queueTimeoutMs: number;
  readonly retry: ResolvedRetry;
  readonly cache: ResolvedTaskCache | undefined;
  readonly shaping: ResolvedShaping | undefined;
  readonly priority: number;
  /** Whether its handler may run twice. */
  readonly idempotent: boolean;
  /** Whether it runs alone in its worker. */
  readonly exclusive: boolean;
  /** Time in the handler after which it counts as slow; Infinity for never. */
  readonly slowMs: number;
  readonly breaker: ResolvedBreaker | undefined;
  readonly hedge: ResolvedHedge | undefined;
  /** What the pool says of its batches. */
  readonly batch: GivenBatch | undefined;
  /** Limits of its calls, over time and at once; undefined without any. */
  readonly limits: readonly ResolvedLimit[] | undefined;
}

/** PoolOptions with every default filled in. */
export interface ResolvedOptions {
  readonly name: string;
  readonly kind: PoolKind;
  readonly workload: Workload;
  readonly workers: WorkersOption;
  /** Least and most; equal when it is fixed. */
  readonly concurrency: { readonly min: number; readonly max: number };
  readonly prefetch: 'auto' | number;
  readonly busyPollMs: number;
  readonly queueMax: number;
  readonly timeoutStack: boolean;
  readonly graceMs: number;
  readonly teardownMs: number;
  readonly crashAttempts: number;
  readonly restart: { readonly max: number; readonly withinMs: number };
  readonly startTimeoutMs: number;
  readonly cache: ResolvedCache | undefined;
  readonly tasks: ReadonlyMap<string, TaskSettings>;
  readonly taskDefaults: TaskSettings;
  readonly env: NonNullable<PoolOptions['env']>;
  readonly perSlot: PoolOptions['perSlot'];
  readonly argv: readonly string[];
  readonly execArgv: readonly string[] | undefined;
  readonly inspect: boolean;
  readonly nice: number;
  readonly resourceLimits: PoolOptions['resourceLimits'];
  readonly stdio: StdioOption;
  readonly codec: CodecName;
  readonly recycle: RecycleRules & { readonly jitter: number };
  readonly health: Readonly<Required<HealthLimits>>;
  /** Undefined means no limit except those of the system. */
  readonly memory: { readonly limitBytes: number | undefined; readonly perWorkerBytes: number | undefined };
  readonly maxPayloadBytes: number;
  /** Paths of the options that the program has set: `workers.max`, `tasks.resize.retry`. */
  readonly given: readonly string[];
}

/** What every worker gets at its start, in the caller's own objects. */
export interface GivenStartData {
  readonly workerData: unknown;
  readonly warmup: readonly { readonly name: string; readonly input: unknown; readonly times: number }[];
}
