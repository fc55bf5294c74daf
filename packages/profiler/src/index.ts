export { Profiler } from './profiler.js';
export { Report } from './report/report.js';
export type { ProfiledPool } from './attach.js';
export type { BottleneckOptions, Level, ProfilerOptions } from './options.js';
export type { Span } from './sections/parent-sections.js';
export type { SegmentId } from './record/segments.js';
export type * from './snapshot/report-data.js';
