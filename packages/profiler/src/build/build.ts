import { usableCores } from '@millpond/core/internal';
import type { Mark } from '../model/curves.js';
import type { PoolReport } from '../model/pool-report.js';
import type { Level, ParentReport } from '../model/report-data.js';
import { process } from '../natives.js';
import type { CoreTimes } from '../record/core-clock.js';
import type { PoolRecorder } from '../record/pool-recorder.js';
import type { MeasuredSections } from '../record/section-ledger.js';
import type { Measured } from '../replay/record-of.js';
import { bottlenecksOf } from '../sections/bottlenecks.js';
import { sectionReports } from '../sections/section-reports.js';
import { coreUse } from './core-use.js';
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
  pools: readonly PoolReport[];
  /** Undefined at level 'off'. */
  coreTimes: CoreTimes | undefined;
  parentSections: MeasuredSections;
  parentMarks: readonly Mark[];
  parentCpu: Pick<ParentReport, 'cpu' | 'heap'>;
  openPaths: readonly (readonly string[])[];
  memoryBytes: number | null;
  remarks: readonly string[];
}

/** All that was measured, as plain data, before any conclusion. */
export function buildMeasured(recorded: Recorded): Measured {
  const { level, startedAt, times, busyShare } = recorded;
  const { pools, ...cores } = coreUse(recorded.coreTimes, times.wallMs, times.wallMs - times.idleMs, recorded.pools);
  const sections = sectionReports(recorded.parentSections);
  return {
    version: 2,
    run: {
      level,
      startedAt,
      wallMs: times.wallMs,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      cores: usableCores(),
      memoryBytes: recorded.memoryBytes,
      execArgv: [...process.execArgv],
      ...cores,
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
}

function executionOf(byTask: PoolReport['byTask']): number {
  return sum(byTask, ({ segments }) => segments.execution.totalMs);
}
