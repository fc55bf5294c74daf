import type { CpuReport } from '../model/cpu.js';
import type { ReportData } from '../model/report-data.js';

/** A CPU profile of the report, and whose it is. */
export interface OwnedCpu {
  /** Undefined for the main thread. */
  pool: string | undefined;
  cpu: CpuReport;
}

/** All CPU profiles: the main thread, then each pool as a whole, then its workers. */
export function cpuReportsOf({ parent, pools }: ReportData): OwnedCpu[] {
  return [
    ...(parent.cpu === undefined ? [] : [{ pool: undefined, cpu: parent.cpu }]),
    ...pools.flatMap(({ name, cpu }) => (cpu ?? []).map((each) => ({ pool: name, cpu: each }))),
  ];
}

/** Profiles that do not count the same sample twice: the main thread, and all workers of a pool together. */
export function mergedCpuOf(report: ReportData): OwnedCpu[] {
  const all = cpuReportsOf(report);
  const isMerged = new Set(
    all.filter(({ pool, cpu }) => pool !== undefined && cpu.workerId === null).map(({ pool }) => pool),
  );
  return all.filter(({ pool, cpu }) => pool === undefined || cpu.workerId === null || !isMerged.has(pool));
}

/** Name of the thread, or of the threads. */
export function ownerName({ pool, cpu }: OwnedCpu, poolCount: number): string {
  if (pool === undefined || cpu.workerId === 0) return 'main thread';
  const of = poolCount > 1 ? ` of ${pool}` : '';
  return cpu.workerId === null ? `all workers${of}` : `worker ${cpu.workerId}${of}`;
}
