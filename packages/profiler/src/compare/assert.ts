import { nearestOrAll } from '@millpond/core/internal';
import { formatMs, formatName, formatShare } from '../format/units.js';
import type { DurationStats } from '../model/durations.js';
import type { RuleId } from '../model/finding.js';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import { SEGMENT_IDS, type SegmentId } from '../model/segments.js';
import type { TaskReport } from '../model/task-report.js';
import { isRuleId, refuse, show } from '../options.js';
import type { Comparable } from './comparison.js';
import { formatValue } from './comparison-text.js';
import type { MetricUnit } from './metrics.js';
import { reportOf } from './report-of.js';

/** A figure of a report did not keep its limit. */
export class ProfileAssertionError extends Error {
  override readonly name = 'ProfileAssertionError';
  /** As in the message: `p99 of "resize"`. */
  readonly metric: string;
  readonly value: number;
  /** The limit; undefined for a finding. */
  readonly limit: number | undefined;

  constructor(metric: string, value: number, limit: number | undefined, message: string) {
    super(message);
    this.metric = metric;
    this.value = value;
    this.limit = limit;
  }
}

/** A figure that waits for its limit. Units: milliseconds, shares from 0 to 1, bytes, tasks a second, counts. */
export interface Limited {
  /** Less than the limit. @throws ProfileAssertionError */
  below(limit: number): ReportAssertions;
  /** More than the limit. @throws ProfileAssertionError */
  above(limit: number): ReportAssertions;
  /** The limit or less. @throws ProfileAssertionError */
  atMost(limit: number): ReportAssertions;
  /** The limit or more. @throws ProfileAssertionError */
  atLeast(limit: number): ReportAssertions;
}

type Percentile = 'p50' | 'p75' | 'p90' | 'p95' | 'p99' | 'p999';

/**
 * Limits for the figures of a report, one after another:
 * `assert(report).p99('resize').below(50).utilization().above(0.7).finding('R05').absent()`.
 * A task name is looked for in all pools. With several pools, `pool(name)` chooses one.
 * @throws ERR_OPTION if it is no report
 */
export function assert(report: Comparable): ReportAssertions {
  return new ReportAssertions(reportOf(report, 'report'));
}

export class ReportAssertions {
  readonly #report: ReportData;
  readonly #pools: readonly PoolReport[];

  constructor(report: ReportData, pools: readonly PoolReport[] = report.pools) {
    this.#report = report;
    this.#pools = pools;
  }

  /** The assertions that follow are about this pool. @throws ERR_OPTION for an unknown name */
  pool(name: string): ReportAssertions {
    const pools = this.#report.pools.filter((pool) => pool.name === name);
    if (pools.length === 0)
      unknown(
        'pool',
        name,
        this.#report.pools.map((pool) => pool.name),
      );
    return new ReportAssertions(this.#report, pools);
  }

  /** Latency of a task name, ms: from submit to settled. @throws ERR_OPTION for an unknown name, as all that follow */
  mean(task: string): Limited {
    return this.#latency(task, 'mean', ({ meanMs }) => meanMs);
  }
  p50(task: string): Limited {
    return this.#percentile(task, 'p50');
  }
  p75(task: string): Limited {
    return this.#percentile(task, 'p75');
  }
  p90(task: string): Limited {
    return this.#percentile(task, 'p90');
  }
  p95(task: string): Limited {
    return this.#percentile(task, 'p95');
  }
  p99(task: string): Limited {
    return this.#percentile(task, 'p99');
  }
  p999(task: string): Limited {
    return this.#percentile(task, 'p999');
  }
  max(task: string): Limited {
    return this.#latency(task, 'longest latency', ({ maxMs }) => maxMs);
  }

  /** Share of the latency of a task name that one segment takes, 0 to 1. */
  share(task: string, segment: SegmentId): Limited {
    if (!SEGMENT_IDS.includes(segment)) unknown('segment', segment, SEGMENT_IDS);
    const found = this.#task(task);
    return this.#limited(`share of ${segment} in "${formatName(task)}"`, found.segments[segment].share, 'share', found);
  }

  /** Failed tries of a task name: errors, time limits, crashes. Cancelled ones do not count. */
  errors(task: string): Limited {
    const found = this.#task(task);
    const { error, timeout, crash } = found.outcomes;
    return this.#limited(`errors of "${formatName(task)}"`, error + timeout + crash, 'count', found);
  }

  /** Tries of a task name, further ones included. */
  tries(task: string): Limited {
    const found = this.#task(task);
    return this.#limited(`tries of "${formatName(task)}"`, found.tries, 'count', found);
  }

  /** From the first submit to the last result, ms. */
  wall(): Limited {
    return this.#limited('wall', this.#pool().activeMs, 'ms');
  }

  /** Tries that came back a second. */
  throughput(): Limited {
    const { tries, activeMs } = this.#pool();
    return this.#limited('throughput', activeMs > 0 ? tries / (activeMs / 1000) : 0, 'per second');
  }

  /** Share of the workers' time with a handler running, 0 to 1. */
  utilization(): Limited {
    return this.#limited('utilization', this.#pool().utilization, 'share');
  }

  /** Largest memory of the pool, bytes. @throws ERR_OPTION if the system does not say */
  memory(): Limited {
    const { peakBytes } = this.#pool().asked.memory;
    if (peakBytes === null) refuse('memory', 'is not in this report: the system did not say.');
    return this.#limited('memory', peakBytes, 'bytes');
  }

  /** A finding of the report, by its id. Notes, which are too small to act on, and muted ones do not count. */
  finding(id: RuleId): { absent(): ReportAssertions; present(): ReportAssertions } {
    if (!isRuleId(id)) refuse('id', `must be an id from "R01" to "R37"; received ${show(id)}.`);
    const names = this.#pools.map(({ name }) => name);
    const found = this.#report.findings.filter(
      ({ id: of, scope }) => of === id && (scope.pool === undefined || names.includes(scope.pool)),
    );
    const [first] = found;
    const fail = (message: string) => new ProfileAssertionError(`finding ${id}`, found.length, undefined, message);
    return {
      absent: () => {
        if (first !== undefined)
          throw fail(`Finding ${id} is there: ${first.title}. ${first.text} ${first.advice[0]?.text ?? ''}`.trim());
        return this;
      },
      present: () => {
        if (first === undefined) throw fail(`Finding ${id} is not there. The report says: ${this.#verdict()}`);
        return this;
      },
    };
  }

  #percentile(task: string, percentile: Percentile): Limited {
    return this.#latency(task, percentile, (latency) => latency[`${percentile}Ms`]);
  }

  #latency(task: string, name: string, valueOf: (latency: DurationStats) => number): Limited {
    const found = this.#task(task);
    return this.#limited(`${name} of "${formatName(task)}"`, valueOf(found.latency), 'ms', found);
  }

  #limited(metric: string, value: number, unit: MetricUnit | 'count', task?: TaskReport): Limited {
    const check = (holds: (limit: number) => boolean, words: string) => (limit: number) => {
      if (!Number.isFinite(limit) || limit < 0)
        refuse('limit', `must be a finite number of at least 0; received ${show(limit)}.`);
      if (!holds(limit)) {
        const text = `The ${metric} is ${formatValue(value, unit)}, which is not ${words} ${formatValue(limit, unit)}.`;
        throw new ProfileAssertionError(metric, value, limit, `${text} The report says: ${this.#verdict(task)}`);
      }
      return this;
    };
    return {
      below: check((limit) => value < limit, 'below'),
      above: check((limit) => value > limit, 'above'),
      atMost: check((limit) => value <= limit, 'at most'),
      atLeast: check((limit) => value >= limit, 'at least'),
    };
  }

  /** What the report knows about it: the finding of the task name, else the verdict. Then where the time of the name went. */
  #verdict(task?: TaskReport): string {
    const { findings, verdict } = this.#report;
    const own = task === undefined ? undefined : findings.find(({ scope }) => scope.task === task.task);
    const said =
      own === undefined
        ? `${verdict.sentence} ${verdict.step}`
        : `${own.text} ${own.advice[0]?.text ?? ''} [${own.id}]`;
    return [said.trim(), ...(task === undefined || task.latency.count === 0 ? [] : [whereTimeWent(task)])].join(' ');
  }

  #task(name: string): TaskReport {
    const found = this.#pools.flatMap((pool) => pool.byTask.filter(({ task }) => task === name));
    const [first] = found;
    if (first === undefined)
      unknown('task', name, [...new Set(this.#pools.flatMap(({ byTask }) => byTask.map(({ task }) => task)))]);
    if (found.length > 1) refuse('task', `is in several pools: "${formatName(name)}". Choose one with pool(name).`);
    return first;
  }

  #pool(): PoolReport {
    const [first, ...more] = this.#pools;
    if (first === undefined || more.length > 0) {
      const names = this.#pools.map(({ name }) => `"${formatName(name)}"`).join(', ');
      const reason =
        first === undefined ? 'is missing: the report has no pool.' : `must be chosen with pool(name), of ${names}.`;
      refuse('pool', reason);
    }
    return first;
  }
}

function whereTimeWent({ segments, latency }: TaskReport): string {
  const largest = [...SEGMENT_IDS].sort((a, b) => segments[b].share - segments[a].share).slice(0, 2);
  const parts = largest.map((id) => `${formatShare(segments[id].share)} ${id}`);
  return `Its latency of ${formatMs(latency.meanMs)} on average is ${parts.join(' and ')}.`;
}

function unknown(option: string, name: string, known: readonly string[]): never {
  const reason = `"${formatName(String(name))}" is not in this report.${known.length === 0 ? '' : nearestOrAll(String(name), known)}`;
  refuse(option, reason);
}
