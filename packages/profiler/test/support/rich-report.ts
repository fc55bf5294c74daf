import type { CpuReport } from '../../src/model/cpu.js';
import type { Finding } from '../../src/model/finding.js';
import type { ReportData } from '../../src/model/report-data.js';
import type { SectionReport } from '../../src/model/section-report.js';
import { durationsOf, type SampleOptions, sampleReport } from './sample-report.js';

/** Names as a program may have them: each would do harm in at least one format. */
export const HOSTILE_NAMES = [
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  'line one\nline two\r\n# heading',
  `long ${'x'.repeat(10_000)}`,
  '\u202ereversed\u2066 hidden\u200b',
  'a | b | c',
  `quotes " ' \` """`,
  'lone \ud800 and \udc00',
  '\u001b[2J\u001b]0;title\u0007',
  '=HYPERLINK("http://example.com","x")',
  '@everyone #1 http://example.com [x](javascript:alert(1))',
  'back\\slash {brace} le="1" ; semi , comma',
  '__proto__',
  '',
  '漢字と絵文字🙂',
] as const;

export interface RichOptions extends SampleOptions {
  /** Stands wherever a program can name something. */
  name?: string;
}

/** A report with every part, all of its names being `name`. */
export function richReport({ name = 'resize', ...options }: RichOptions = {}): ReportData {
  const report = sampleReport(options);
  const [pool] = report.pools;
  if (pool === undefined) return report;
  const cpu = [cpuReport(null, name), cpuReport(1, name)];
  const task = { task: name };
  return {
    ...report,
    verdict: { kind: 'bottleneck', sentence: `Cause in ${name}.`, step: `Change ${name}.`, id: 'R05' },
    findings: [finding('R05', 'cause', name), { ...finding('R13', 'risk', name), saving: null, failsInMs: 60_000 }],
    notes: [finding('R01', 'note', name)],
    muted: [{ id: 'R12', count: 1 }],
    pools: [
      {
        ...pool,
        name,
        ...{ cpu, heap: [{ workerId: null, sampleBytes: 512, totalBytes: 1e6, hot: [] }] },
        byTask: pool.byTask.map((each) => ({ ...each, task: name === 'resize' ? each.task : `${name}${each.task}` })),
        sections: [
          { ...section(['load'], 900, 300), ...task },
          { ...section(['load', name], 600, 600), ...task },
          { ...section([name, name], 50, 50), ...task },
        ],
        io: [
          {
            ...{
              ...task,
              kind: 'mysql',
              peer: '127.0.0.1:3306',
              operation: name,
              statement: 'abc',
              what: 'use',
              errors: 1,
            },
            ...{ bytesIn: 1000, bytesOut: 10, openMs: 30, meanConcurrency: 1.5, peak: 3, share: 0.4 },
            ...durationsOf([10, 20, 15]),
          },
        ],
        resources: [
          {
            ...{ name, ...task, budget: 10, open: 4, peakInUse: 4, acquire: durationsOf([1]), usage: durationsOf([2]) },
            ...{ activeMs: 1, created: 4, createMs: 20, uses: 30 },
            statements: { hits: 1, misses: 2, prepareMs: 3, examples: [name] },
          },
        ],
        cache: [
          {
            ...{
              ...task,
              lookups: 10,
              hits: 4,
              stale: 1,
              coalesced: 1,
              misses: 5,
              evicted: 0,
              missMs: 12,
              lookupMs: 0.01,
            },
            ...{ exampleKeys: [name], repeatedMs: null, inputs: 300 },
          },
        ],
        batches: [
          {
            ...{ ...task, batches: 4, items: 20, fillShare: 0.5, size: 10, maxWaitMs: 5, waitMs: durationsOf([3]) },
            byReason: { [name]: 3, time: 1 },
          },
        ],
        deaths: [{ workerId: 2, atMs: 12, why: name, section: name, lostMs: 4 }],
        heatmaps: [{ task: name, windowMs: 100, boundsMs: [0, 10], cells: [[0, 0, 4]] }],
        marks: [{ atMs: 3, what: 'mark', workerId: 0, text: name }],
        ...(pool.spans === undefined
          ? {}
          : {
              spans: {
                ...pool.spans,
                tasks: name === 'resize' ? pool.spans.tasks : pool.spans.tasks.map((each) => `${name}${each}`),
              },
            }),
      },
    ],
    parent: {
      ...report.parent,
      ...{ sections: [section(['plan', name], 30, 30)], open: [[name]], cpu: cpuReport(0, name) },
    },
    quality: { ...report.quality, remarks: [`remark about ${name}`], dropped: [{ what: name, count: 3, why: name }] },
  };
}

function finding(id: Finding['id'], kind: Finding['kind'], name: string): Finding {
  return {
    ...{
      id,
      kind,
      title: 'DISPATCHER-BOUND',
      text: `Workers sat free for ${name}.`,
      confidence: 'high',
      failsInMs: null,
    },
    scope: { pool: name, task: name, section: name, workerId: 2, peer: name },
    saving: { ms: 4100, share: 0.33, ciMs: [3600, 4600] },
    evidence: [
      { metric: name, value: 0.41, unit: 'share', threshold: 0.1, source: 'starved ÷ capacity' },
      { metric: 'ceiling', value: 392, unit: 'per second', threshold: null, source: '1 ÷ main time of a task' },
    ],
    advice: [
      {
        ...{
          text: `Move ${name} off.`,
          option: 'prefetch',
          value: 2,
          now: 'auto',
          isSet: false,
          command: `run ${name}`,
        },
        at: { file: '/app/src/plan.ts', line: 88, functionName: name },
      },
    ],
    explains: ['R01'],
  };
}

function section(path: string[], totalMs: number, selfMs: number): SectionReport {
  return {
    ...durationsOf([totalMs / 2, totalMs / 2]),
    ...{
      name: path.at(-1) ?? '',
      path,
      selfMs,
      calledMs: selfMs,
      awaitedMs: 0,
      stddevMs: 0,
      share: 0.4,
      errors: 0,
      counters: { rows: 3 },
    },
    memory: { heapBytes: 1000, externalBytes: 0, rssBytes: 0, shared: 0 },
    ...{ meanConcurrency: 1, peak: 1, byWorker: [{ workerId: 1, count: 2, selfMs }] },
  };
}

function cpuReport(workerId: number | null, name: string): CpuReport {
  const flame = {
    frames: [
      { functionName: '(root)', file: '', line: 0 },
      { functionName: name, file: 'file:///app/src/plan.ts', line: 88 },
      { functionName: 'inner', file: '/app/src/inner.ts', line: 7 },
    ],
    parent: [-1, 0, 1, 0],
    frame: [0, 1, 2, 2],
    selfMs: [0, 10, 30, 5.5],
  };
  const hot = [
    { functionName: 'inner', file: '/app/src/inner.ts', line: 7, column: 3, selfMs: 35.5, totalMs: 35.5, share: 0.78 },
    { functionName: name, file: '/app/src/plan.ts', line: 88, column: 1, selfMs: 10, totalMs: 40, share: 0.22 },
  ];
  return {
    ...{ workerId, sampledMs: 45.5, idleMs: 10, gcMs: 0, samples: 45, intervalUs: 1000, hot, flame },
    byLabel: [{ label: `${name} › ${name}`, task: name, section: name, ms: 45.5, hot, flame }],
    lost: [],
  };
}
