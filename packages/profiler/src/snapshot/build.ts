import { availableParallelism } from 'node:os';
import { process } from '../natives.js';
import type { Level } from '../options.js';
import type { SectionLedger } from '../record/section-ledger.js';
import { rankSections } from './bottlenecks.js';
import type { PoolReport, ReportData } from './report-data.js';
import { sectionReports } from './section-report.js';
import { nameFirst } from './verdict.js';

/** The measured parts of a report, before any conclusion. */
export interface Measured {
  level: Level;
  startedAt: string;
  wallMs: number;
  parentBusyShare: number;
  pools: PoolReport[];
  parentSections: SectionLedger;
  openPaths: readonly (readonly string[])[];
}

/** Everything in a report, as plain data. */
export function buildReport(measured: Measured): ReportData {
  const { level, startedAt, wallMs, parentBusyShare, pools } = measured;
  const parentSections = sectionReports(measured.parentSections);
  const bottlenecks = rankSections(parentSections, pools);
  return {
    version: 1,
    level,
    startedAt,
    wallMs,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    firstBottleneck: nameFirst({ wallMs, parentBusyShare, parentSections, pools, bottlenecks }),
    pools,
    parent: { busyShare: parentBusyShare, sections: parentSections, open: measured.openPaths.map((path) => [...path]) },
    bottlenecks,
  };
}
