import { availableParallelism } from 'node:os';
import { judge } from '../findings/judge.js';
import type { Mark } from '../model/curves.js';
import type { PoolReport } from '../model/pool-report.js';
import type { Level, ParentReport, ReportData } from '../model/report-data.js';
import { process } from '../natives.js';
import type { PoolRecorder } from '../record/pool-recorder.js';
import type { SectionLedger } from '../record/section-ledger.js';
import { bottlenecksOf } from '../sections/bottlenecks.js';
import { sectionReports } from '../sections/section-reports.js';
import { dispatcherLedger, type ParentTimes } from './parent-report.js';
import { dataQuality } from './quality.js';
import { sum } from './sums.js';

/** Everything that was measured, before any conclusion. */
export interface Recorded {
  level: Level;
  startedAt: string;
  times: ParentTimes;
  busyShare: number;
  recorders: readonly PoolRecorder[];
  pools: PoolReport[];
  parentSections: SectionLedger;
  parentMarks: readonly Mark[];
  parentCpu: Pick<ParentReport, 'cpu' | 'heap'>;
  openPaths: readonly (readonly string[])[];
  memoryBytes: number | null;
  remarks: readonly string[];
  mute: readonly string[];
}

/** All of a report, as plain data. */
export function buildReport(recorded: Recorded): ReportData {
  const { level, startedAt, times, pools, busyShare } = recorded;
  const sections = sectionReports(recorded.parentSections);
  const measured = {
    version: 2 as const,
    run: {
      level,
      startedAt,
      wallMs: times.wallMs,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: recorded.memoryBytes,
      execArgv: [...process.execArgv],
      otherCores: null,
    },
    pools,
    parent: {
      busyShare,
      ledger: dispatcherLedger(times, pools),
      sections,
      open: recorded.openPaths.map((path) => [...path]),
      marks: [...recorded.parentMarks],
      ...recorded.parentCpu,
    },
    bottlenecks: bottlenecksOf(
      sections,
      pools.map(({ name, byTask, sections: timed }) => ({ name, executionMs: executionOf(byTask), sections: timed })),
    ),
    quality: dataQuality(recorded.recorders, pools, times.profilerMs, recorded.remarks),
  };
  const judgement = judge(measured, { mute: recorded.mute });
  return { ...measured, ...judgement };
}

function executionOf(byTask: PoolReport['byTask']): number {
  return sum(byTask, ({ segments }) => segments.execution.totalMs);
}
