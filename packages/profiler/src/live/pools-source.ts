import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CHANNELS, type PoolHealth, type PoolStats, type StatsOptions, type TaskMessage } from '@millpond/core';
import { usableCores } from '@millpond/core/internal';
import type { ReportData } from '../model/report-data.js';
import { memoryUsage, performance, process } from '../natives.js';
import { livePool, sizingChanges } from './live-pool.js';
import type { LivePool, LiveReport, LiveSource, LiveState, SizingDecision, TrySlice } from './live-state.js';
import { RecentTries } from './recent-tries.js';

/** Parts of a pool that the live page needs. */
export interface WatchedPool {
  stats(options?: StatsOptions): PoolStats;
  health?(): PoolHealth;
}

/** What a live page is about. */
export interface PoolsSourceSetup {
  /** The attached pools by the names that reports give them, asked anew for each state: pools come and go. */
  pools(): Iterable<{ name: string; pool: WatchedPool }>;
  /** Everything measured so far. It is asked rarely, because it may take long. */
  report(): ReportData;
  level: ReportData['run']['level'];
  startedAt: string;
  /** Construction of the profiler on the clock of `now`. */
  startMs: number;
  /** The host's monotonic clock. */
  now(): number;
}

/** The verdict card is at least this old before it is made anew, */
const REPORT_EVERY_MS = 2_000;
/** and making it takes at most this share of the main thread. */
const REPORT_SHARE = 0.02;
const MOST_FINDINGS = 5;
const MOST_DECISIONS = 30;
const MOST_PROBLEMS = 20;
/** Rates and utilization are those of this time. */
const WINDOW_MS = 10_000;

interface Watched {
  index: number;
  sizing: PoolStats['sizing'] | undefined;
  decisions: SizingDecision[];
}

/** States of attached pools, from their `stats()`, from the messages of their tries, and from the report so far. */
export class PoolsSource implements LiveSource {
  readonly #setup: PoolsSourceSetup;
  readonly #tries = new RecentTries();
  readonly #cores = usableCores();
  readonly #watched = new Map<object, Watched>();
  #report: LiveReport | null = null;
  #reportDueMs = 0;
  #loop = performance.eventLoopUtilization();
  #loopShare = 0;

  constructor(setup: PoolsSourceSetup) {
    this.#setup = setup;
    for (const { pool } of setup.pools()) this.#watch(pool);
    subscribe(CHANNELS.task, this.#onTask);
  }

  snapshot(): LiveState {
    const problems: string[] = [];
    const { level, startedAt, startMs } = this.#setup;
    const atMs = this.#setup.now() - startMs;
    const pools: LivePool[] = [];
    for (const { name, pool } of this.#setup.pools()) {
      const live = attempt(`the state of a pool`, problems, () => ({ ...this.#stateOf(pool, atMs), name }));
      if (live !== undefined) pools.push(live);
    }
    this.#renewReport(atMs, problems);
    return {
      atMs,
      run: {
        ...{ level, startedAt, node: process.versions.node, pid: process.pid },
        ...{ platform: `${process.platform}-${process.arch}`, cores: this.#cores },
      },
      report: this.#report,
      parent: this.#parent(),
      pools,
      problems: problems.slice(0, MOST_PROBLEMS),
    };
  }

  tries(after: number): TrySlice {
    this.#tries.settle(this.#setup.now() - this.#setup.startMs);
    return this.#tries.after(after);
  }

  close(): void {
    unsubscribe(CHANNELS.task, this.#onTask);
    this.#watched.clear();
  }

  #watch(pool: object): Watched {
    let watched = this.#watched.get(pool);
    if (watched === undefined) {
      watched = { index: this.#watched.size, sizing: undefined, decisions: [] };
      this.#watched.set(pool, watched);
    }
    return watched;
  }

  #stateOf(pool: WatchedPool, atMs: number): LivePool {
    const watched = this.#watch(pool);
    const stats = pool.stats({ windowMs: WINDOW_MS });
    watched.decisions.push(...sizingChanges(watched.sizing, stats.sizing, atMs));
    if (watched.decisions.length > MOST_DECISIONS)
      watched.decisions.splice(0, watched.decisions.length - MOST_DECISIONS);
    watched.sizing = { ...stats.sizing };
    return livePool(stats, pool.health?.() ?? null, watched.decisions);
  }

  #parent(): LiveState['parent'] {
    const { rss, heapUsed } = memoryUsage();
    const since = performance.eventLoopUtilization(this.#loop);
    // Two states in one turn of the loop have no time between them.
    if (since.active + since.idle > 1) {
      this.#loopShare = since.utilization;
      this.#loop = performance.eventLoopUtilization();
    }
    // Rounded, so that a program at rest has one state, which is not sent again.
    const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20) * 2 ** 20;
    return {
      rssBytes: mebibytes(rss),
      heapBytes: mebibytes(heapUsed),
      loopShare: Math.round(this.#loopShare * 100) / 100,
    };
  }

  #renewReport(atMs: number, problems: string[]): void {
    if (atMs < this.#reportDueMs) return;
    const began = this.#setup.now();
    const report = attempt('the report', problems, () => this.#setup.report());
    const tookMs = this.#setup.now() - began;
    this.#reportDueMs = atMs + Math.max(REPORT_EVERY_MS, tookMs / REPORT_SHARE);
    if (report !== undefined) this.#report = liveReport(report, atMs);
  }

  /** Never throws: an exception of a listener would become an uncaught one of the program. */
  readonly #onTask = (message: unknown): void => {
    const { pool, trace } = message as Partial<TaskMessage>;
    const watched = pool === undefined ? undefined : this.#watched.get(pool);
    if (watched === undefined || trace === undefined) return;
    const { startedAt, endedAt, settledAt, workerId, task, outcome } = trace;
    // Without a start no worker was busy with it. A try that died has no end: it lasted until that was known.
    if (!Number.isFinite(startedAt)) return;
    const { startMs } = this.#setup;
    const startedMs = startedAt - startMs;
    const endedMs = (Number.isFinite(endedAt) ? endedAt : settledAt) - startMs;
    this.#tries.add({ pool: watched.index, workerId, task, startedMs, endedMs, failed: outcome !== 'ok' });
  };
}

/** The parts of a report that the verdict card shows. */
function liveReport(report: ReportData, atMs: number): LiveReport {
  const { dropped, missing, remarks } = report.quality;
  return {
    atMs,
    verdict: report.verdict,
    findings: report.findings.slice(0, MOST_FINDINGS).map(({ id, title, text, kind, confidence, saving, advice }) => {
      return { id, title, text, kind, confidence, saving, advice: advice.slice(0, 3) };
    }),
    quality: [
      ...dropped.map(({ what, count, why }) => `${count} × ${what}: ${why}`),
      ...missing.map((what) => `not measured here: ${what}`),
      ...remarks,
    ].slice(0, MOST_PROBLEMS),
  };
}

/** A failure is a line on the page, and not the end of the page. */
function attempt<T>(what: string, problems: string[], fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    problems.push(`${what} could not be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
