import { Pool, type PoolKind, type PoolOptions } from '@millpond/core';
import { type Finding, type PoolReport, Profiler, type ProfilerOptions, type Report } from '@millpond/profiler';

/** Handlers of fixtures/planted-work.mjs. */
export interface Work {
  blocks(ms: number): void;
  waits(ms: number): Promise<void>;
  computes(rounds: number): number;
  takes(input: unknown): void;
  short(ms: number): void;
  long(ms: number): void;
  litters(lists: number): number;
  inSections(rounds: { a: number; b: number; c: number }): void;
  inserts(item: unknown): unknown;
  computesEach(rounds: readonly number[]): number[];
  fails(): void;
}

export type LiveKind = Exclude<PoolKind, 'inline'>;

/** A run with a bottleneck of known cause. */
export interface LivePlant {
  name: string;
  /** Runs it, with what the advice of the report says where that can be tried, and throws where a report is wrong. */
  check(kind: LiveKind): Promise<void>;
}

const WORK = new URL('../../behaviour/fixtures/planted-work.mjs', import.meta.url);
export const SLOW_START = new URL('../../behaviour/fixtures/slow-start.mjs', import.meta.url);

export interface Run {
  options: PoolOptions<Work>;
  profiler?: ProfilerOptions;
  module?: URL;
  /** Whether the pool is measured from its construction, with the starts of its workers. */
  withStart?: boolean;
  work(pool: Pool<Work>): Promise<unknown>;
}

/** Runs a pool with a profiler, and gives its report. */
export async function profiled({
  options,
  profiler: wanted,
  module = WORK,
  withStart = false,
  work,
}: Run): Promise<Report> {
  await using pool = new Pool<Work>(module, { name: 'planted', ...options });
  const profiler = new Profiler({ level: 'trace', ...wanted });
  if (withStart) profiler.attach(pool);
  await pool.ready();
  if (!withStart) profiler.attach(pool);
  await work(pool);
  return profiler.stop();
}

export function poolOf(report: Report): PoolReport {
  const [pool] = report.data.pools;
  if (pool === undefined) throw new Error('The report has no pool.');
  return pool;
}

/** What a report says, in short: for messages of failed checks. */
export function saidBy({ data }: Report): string {
  const list = (findings: readonly Finding[]) =>
    findings.map(
      ({ id, text, saving }) => `  ${id} ${saving === null ? '' : `${Math.round(saving.share * 100)} % `}${text}`,
    );
  return [
    `${data.verdict.sentence}\n${data.verdict.step}`,
    'Findings:',
    ...list(data.findings),
    'Notes:',
    ...list(data.notes),
  ].join('\n');
}

/** The first finding, which must be this one. */
export function firstOf(report: Report, id: string): Finding {
  const [first] = report.data.findings;
  if (first?.id !== id || report.data.verdict.id !== id) throw new Error(`Not ${id} first.\n${saidBy(report)}`);
  return first;
}

export function check(isTrue: boolean, what: string, report: Report): void {
  if (!isTrue) throw new Error(`${what}\n${saidBy(report)}`);
}

export function isNear(value: number, wanted: number, by: number): boolean {
  return Math.abs(value - wanted) <= by;
}

export function metricOf(finding: Finding, metric: string): number {
  return finding.evidence.find((each) => each.metric === metric)?.value ?? NaN;
}

/** Ids of findings and notes. */
export function idsOf({ data }: Report): string[] {
  return [...data.findings, ...data.notes].map(({ id }) => id);
}

export function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
