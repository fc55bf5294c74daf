import type { Finding, Verdict } from '../model/finding.js';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import { calibrate } from '../replay/calibrate.js';
import { hadIdleCores, onCoreShare } from '../replay/on-core.js';
import { goalOf } from '../replay/play.js';
import { type Measured, recordOf } from '../replay/record-of.js';
import type { RunRecord } from '../replay/run-record.js';
import { finite } from './finite.js';
import { rank } from './rank.js';
import { RULES } from './rules/all.js';
import { isBound } from './rules/uneven-workers.js';
import { healthyNote, isSoon, verdictOf } from './verdict.js';
import { viewOf } from './view.js';

export type { Measured };

export interface JudgeOptions {
  /** Ids of rules to leave out, such as `R11`. */
  mute?: readonly string[];
  /** Tries that a replay has at most; a longer run is thinned. @defaultValue 20,000 */
  mostTries?: number;
}

/** What a report says beside its numbers. */
export type Judgement = Pick<ReportData, 'verdict' | 'findings' | 'notes' | 'muted'>;

/** Finds out where the time of a run went, why, and what would help. Pure: equal input gives equal output. */
export function judge(measured: Measured, { mute = [], mostTries }: JudgeOptions = {}): Judgement {
  const all = measured.pools.map((pool) => judgePool(measured, pool, mostTries));
  const mutedIds = new Set(mute.map((id) => id.trim().toUpperCase()));
  const counts = new Map<string, number>();
  const isLoud = ({ id }: Finding) => {
    if (!mutedIds.has(id)) return true;
    counts.set(id, (counts.get(id) ?? 0) + 1);
    return false;
  };
  const findings = inOrder(measured, all.flatMap((each) => each.findings).filter(isLoud));
  const notes = all.flatMap((each) => each.notes).filter(isLoud);
  const verdict: Verdict = verdictOf(measured, findings, notes);
  if (verdict.kind === 'healthy')
    notes.push(...measured.pools.map((pool) => healthyNote(measured, pool)).filter(isLoud));
  return finite({ verdict, findings, notes, muted: [...counts].map(([id, count]) => ({ id, count })) });
}

function judgePool(
  measured: Measured,
  pool: PoolReport,
  mostTries?: number,
): { findings: Finding[]; notes: Finding[] } {
  const plain = recordOf(measured, pool, mostTries);
  const goal = plain === null ? 'makespan' : goalOf(plain);
  const record = plain !== null && isBound(viewOf(measured, pool, plain, goal)) ? bound(plain) : plain;
  const onCore = hadIdleCores(measured.run) ? 1 : onCoreShare(pool.byTask);
  const calibrated = record === null ? null : calibrate(record, onCore);
  const view = viewOf(measured, pool, calibrated?.record ?? null, goal);
  const ranked = rank(
    RULES.flatMap((rule) => rule(view)),
    calibrated,
    goal,
  );
  const withPool = (finding: Finding): Finding => ({ ...finding, scope: { pool: pool.name, ...finding.scope } });
  return { findings: ranked.findings.map(withPool), notes: ranked.notes.map(withPool) };
}

/** Where tasks are bound to workers, each row runs where it ran. */
function bound(record: RunRecord): RunRecord {
  return { ...record, rows: { ...record.rows, home: record.rows.ran.slice() } };
}

/** Risks that come soon stand first, then causes by what they would save. */
function inOrder(measured: Measured, findings: readonly Finding[]): Finding[] {
  const lengths = new Map(measured.pools.map(({ name, activeMs }) => [name, activeMs]));
  const rankOf = (finding: Finding): number => {
    if (finding.kind === 'risk') return isSoon(measured, finding) ? 0 : 2;
    return 1;
  };
  const worth = ({ saving, scope }: Finding) => (saving?.share ?? 0) * (lengths.get(scope.pool ?? '') ?? 0);
  return [...findings].sort(
    (a, b) =>
      rankOf(a) - rankOf(b) ||
      (a.kind === 'risk' ? (a.failsInMs ?? Infinity) - (b.failsInMs ?? Infinity) || 0 : worth(b) - worth(a)),
  );
}
