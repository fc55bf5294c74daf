import type { ReportData } from '../../src/model/report-data.js';
import { HOSTILE_NAMES, richReport } from './rich-report.js';
import { sampleReport } from './sample-report.js';

/** Reports that each output must survive: empty, small, complete, without optional parts, and with names that do harm. */
export function reportsByName(): [label: string, report: ReportData][] {
  const whole = richReport();
  const [pool] = whole.pools;
  const { spans: _spans, cpu: _cpu, heap: _heap, ...bare } = pool!;
  const { cpu: _parentCpu, ...parent } = whole.parent;
  return [
    ['no task', sampleReport({ tasks: 0 })],
    ['one task', sampleReport({ tasks: 1, workers: 1 })],
    ['every part', whole],
    ['no optional part', { ...whole, pools: [bare], parent }],
    ['two pools', { ...whole, pools: [pool!, { ...pool!, name: 'other', wallMs: pool!.wallMs / 2 }] }],
    ['two pools of one name', { ...whole, pools: [pool!, pool!] }],
    ['overlapping tries', overlapping()],
    ['failures and lost stamps', failing()],
    ...HOSTILE_NAMES.map((name): [string, ReportData] => [
      `name ${JSON.stringify(name).slice(0, 30)}`,
      richReport({ name, tasks: 40 }),
    ]),
  ];
}

/** Workers that run three tries at once: handlers lie across each other. */
export function overlapping(): ReportData {
  const report = richReport({ tasks: 60, workers: 2 });
  const spans = report.pools[0]!.spans!;
  spans.stamps = spans.stamps.map((_, i) => Array.from({ length: 10 }, (_, k) => i * 0.5 + k * 2));
  return report;
}

/** Tries that ended in each way, and in each step. */
export function failing(): ReportData {
  const report = richReport({ tasks: 50, workers: 2 });
  const spans = report.pools[0]!.spans!;
  const outcomes = ['ok', 'error', 'cancelled', 'timeout', 'crash'] as const;
  spans.outcome = spans.outcome.map((_, i) => outcomes[i % outcomes.length]!);
  spans.stamps = spans.stamps.map((stamps, i) =>
    i % 5 === 0 ? stamps : stamps.map((at, k) => (k === 0 || k === 9 || k < i % 9 ? at : null)),
  );
  // Every tenth is the second try of the task before it.
  spans.taskId = spans.taskId.map((id, i) => (i % 10 === 9 ? id - 1 : id));
  spans.attempt = spans.attempt.map((_, i) => (i % 10 === 9 ? 2 : 1));
  return report;
}

/** Arbitrary names, most of them hostile. */
export const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
export const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
