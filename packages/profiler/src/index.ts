export { type HtmlOptions, toHtml } from './html/to-html.js';
export { Profiler } from './profiler.js';
export { Report } from './report/report.js';
export type { ChromeTrace, TraceEvent } from './output/chrome/events.js';
export type { RawProfiles } from './output/chrome/profiles.js';
export type { Otlp, OtlpOptions } from './output/otlp/to-otlp.js';
export type { TextOptions } from './output/text/page.js';
export type { CpuProfileOptions } from './output/to-cpuprofile.js';
export type { CsvTable } from './output/to-csv.js';
export type { SpeedscopeFile, SpeedscopeProfile } from './output/to-speedscope.js';
export { assert, ProfileAssertionError } from './compare/assert.js';
export { compare } from './compare/compare.js';
export { History } from './compare/history.js';
export type { ProfiledPool } from './attach.js';
export type { Limited, ReportAssertions } from './compare/assert.js';
export type {
  Comparable,
  ComparedMetric,
  CompareOptions,
  Comparison,
  ComparisonVerdict,
} from './compare/comparison.js';
export type { DamagedEntry, HistoryEntry, HistoryOptions } from './compare/history.js';
export type { MetricUnit } from './compare/metrics.js';
export { doctor } from './findings/doctor.js';
export type { DoctorResult, Run } from './findings/doctor.js';
export type { DoctorCandidate, DoctorOptions } from './findings/doctor-options.js';
export type { Interval } from './statistics/bootstrap.js';
export type { Overrides } from './findings/overrides.js';
export type { LiveServer } from './live/serve.js';
export type { ServeOptions } from './live/serve-options.js';
export type { BottleneckOptions, BottleneckOrder, ProfilerOptions, SnapshotOptions } from './options.js';
export type { Span } from './sections/parent-sections.js';
export type { SectionStats } from './sections/section-stats.js';
export type * from './model/cpu.js';
export type * from './model/curves.js';
export type * from './model/durations.js';
export type * from './model/finding.js';
export type * from './model/io.js';
export type * from './model/ledgers.js';
export type * from './model/pool-report.js';
export type * from './model/report-data.js';
export type * from './model/section-report.js';
export type * from './model/segments.js';
export type * from './model/spans.js';
export type * from './model/task-report.js';
export type * from './model/worker-report.js';
