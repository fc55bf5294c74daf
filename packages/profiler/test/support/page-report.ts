import type { CpuReport, FlameGraph } from '../../src/model/cpu.js';
import type { Finding } from '../../src/model/finding.js';
import { CAPACITY_IDS } from '../../src/model/ledgers.js';
import type { PoolReport } from '../../src/model/pool-report.js';
import type { ReportData } from '../../src/model/report-data.js';
import type { SectionReport } from '../../src/model/section-report.js';
import { SEGMENT_IDS } from '../../src/model/segments.js';
import { durationsOf, type SampleOptions, sampleReport, seeded } from './sample-report.js';

/** A made-up report in which no field is missing, with stamps that are as uneven as measured ones. */
export function richReport(options: SampleOptions = {}): ReportData {
  const report = sampleReport(options);
  const random = seeded((options.seed ?? 1) + 7);
  for (const pool of report.pools) enrich(pool, random);
  const finding = starvedFinding();
  return {
    ...report,
    run: { ...report.run, level: 'cpu', execArgv: ['--enable-source-maps'] },
    verdict: {
      kind: 'bottleneck',
      sentence:
        'Workers sat free for 41 % of their time while tasks were queued, because the main thread is 97 % busy.',
      step: 'Move buildManifest (src/plan.ts:88) off the main thread, or set prefetch: 2.',
      id: 'R05',
    },
    findings: [finding, leakFinding(), { ...queueFinding(), kind: 'cause' }],
    notes: [{ ...finding, id: 'R10', title: 'SLOW WORKER', kind: 'note', explains: [] }],
    muted: [{ id: 'R14', count: 2 }],
    parent: {
      ...report.parent,
      sections: [section(['plan'], 900, 1200), section(['plan', 'buildManifest'], 300, 300)],
      open: [['plan', 'upload']],
      cpu: cpuReport(0, random),
    },
    quality: {
      ...report.quality,
      dropped: [{ what: 'tries', count: 3, why: 'their worker died before it said what they were' }],
      clockAnomalies: { tries: 2, maxMs: 0.4 },
      unattributedShare: 0.006,
      profilerMs: { parent: 12, workers: 31 },
      missing: ['time in which a handler is ready and has no core: this system has no schedstat'],
      remarks: ['2 sections were left open by a handler'],
    },
  };
}

function enrich(pool: PoolReport, random: () => number): void {
  const { spans, wallMs } = pool;
  if (spans !== undefined) unevenSpans(spans, random);
  spreadCapacity(pool);
  const [first] = pool.workers;
  if (first !== undefined) {
    const points = Array.from({ length: 12 }, (_, i): [number, number] => [
      (i + 0.5) * (wallMs / 12),
      20e6 + i * 1.2e6 + random() * 4e5,
    ]);
    first.heapFloor = {
      slope: 14e6 / (wallMs / 1000),
      low: 11e6 / (wallMs / 1000),
      high: 17e6 / (wallMs / 1000),
      points,
    };
    first.relativeTime = 2.96;
  }
  const last = pool.workers.at(-1);
  if (last !== undefined && pool.workers.length > 1)
    Object.assign(last, { exited: true, why: 'crashed: SIGSEGV', failed: 2 });
  pool.marks.push(
    { atMs: wallMs * 0.3, what: 'mark', workerId: 0, text: 'second half of the plan' },
    { atMs: wallMs * 0.62, what: 'timeout', workerId: 2, text: 'a try exceeded its time limit' },
    { atMs: wallMs * 0.8, what: 'crashed', workerId: last?.workerId ?? 1, text: 'SIGSEGV' },
  );
  pool.deaths.push({
    workerId: last?.workerId ?? 1,
    atMs: wallMs * 0.8,
    why: 'SIGSEGV',
    section: 'resize › decode',
    lostMs: 14,
  });
  pool.sizing.push({ atMs: wallMs * 0.1, from: 2, to: pool.workers.length, reason: 'tasks wait, and cores are free' });
  const task = pool.byTask[0]?.task ?? 'resize';
  pool.sections = [
    { ...section(['resize'], 400, 2600), task },
    { ...section(['resize', 'decode'], 1500, 1500), task },
    { ...section(['resize', 'scale'], 700, 700), task },
    { ...section(['upload'], 900, 900), task: pool.byTask[1]?.task ?? task },
  ];
  pool.io = [
    {
      ...durationsOf([12, 14, 90, 11, 13]),
      ...{
        task,
        kind: 'mysql',
        peer: '127.0.0.1:3306',
        operation: 'SELECT orders',
        statement: '4f2a',
        what: 'use',
        errors: 1,
      },
      ...{ bytesIn: 81_000, bytesOut: 900, openMs: 120, meanConcurrency: 1.2, peak: 3, share: 0.31 },
    },
    {
      ...durationsOf([3, 4]),
      ...{
        task,
        kind: 'http',
        peer: 'images.example:443',
        operation: 'GET',
        statement: '',
        what: 'connect',
        errors: 0,
      },
      ...{ bytesIn: 0, bytesOut: 0, openMs: 7, meanConcurrency: 1, peak: 1, share: 0.02 },
    },
  ];
  pool.cache = [
    {
      task,
      lookups: 400,
      hits: 310,
      stale: 4,
      coalesced: 11,
      misses: 75,
      evicted: 9,
      missMs: 14,
      lookupMs: 0.01,
      exampleKeys: ['k1', 'k2'],
      repeatedMs: 900,
      inputs: 300,
    },
  ];
  pool.batches = [
    {
      task,
      batches: 40,
      items: 310,
      fillShare: 0.48,
      size: 16,
      maxWaitMs: 5,
      waitMs: durationsOf([1, 3, 5]),
      byReason: { full: 12, time: 28 },
    },
  ];
  pool.resources = [
    {
      ...{
        name: 'orders',
        task,
        budget: 8,
        open: 8,
        peakInUse: 8,
        acquire: durationsOf([1, 9]),
        usage: durationsOf([20, 30]),
      },
      ...{
        activeMs: 22,
        created: 8,
        createMs: 64,
        uses: 900,
        statements: { hits: 700, misses: 200, prepareMs: 90, examples: ['SELECT 1', 'SELECT 2'] },
      },
    },
  ];
  pool.slowest = slowest(pool);
  pool.scaling = [1, 2, 4, 6, 8].map((workers) => ({
    workers,
    wallMs: wallMs * (0.3 + 2.8 / workers),
    ciMs: [wallMs * (0.28 + 2.7 / workers), wallMs * (0.32 + 2.9 / workers)],
  }));
  for (const each of pool.byTask) {
    each.messageFit = { fixedMs: 0.1, nsPerByte: 1.2, r2: 0.83 };
    each.waits.limit = { ...durationsOf([1, 2]), share: 0.01 };
    each.errors = [{ name: 'RangeError', code: 'ERR_OUT_OF_RANGE', count: 2, retried: 2, succeededAfterRetry: 1 }];
    each.bands.p99 = Object.fromEntries(
      SEGMENT_IDS.map((id) => [id, each.bands.p99[id] * (id === 'queueWait' ? 4 : 1.4)]),
    ) as typeof each.bands.p99;
  }
  pool.cpu = [cpuReport(null, random), cpuReport(1, random), cpuReport(2, random)];
  pool.heap = [
    {
      workerId: null,
      sampleBytes: 5e5,
      totalBytes: 9e8,
      hot: [{ functionName: 'toPixels', file: '/app/src/resize.ts', line: 31, bytes: 6e8, share: 0.66 }],
    },
  ];
}

/** Messages of sizes between 100 bytes and 1 MB, whose way takes longer the larger they are; a failure in 500. */
function unevenSpans(spans: NonNullable<PoolReport['spans']>, random: () => number): void {
  for (let i = 0; i < spans.kept; i++) {
    const size = Math.round(100 * 10 ** (4 * random() * random()));
    const stamps = spans.stamps[i] as number[];
    const jitter = (scale: number) => scale * (0.4 + 1.8 * random() * random());
    const [t0 = 0, t1 = 0, , , , t5 = 0, t6 = 0] = stamps;
    const room = Math.max(0.05, t5 - t1);
    const t2 = t1 + jitter(room * 0.2);
    const t3 = t2 + jitter(room * 0.25);
    const t4 = t3 + jitter(room * 0.1);
    const t7 = t6 + jitter(0.03) + size * 4e-7;
    const t8 = t7 + jitter(0.06) + size * 1e-6;
    const t9 = t8 + jitter(0.05);
    spans.stamps[i] = [t0, t1, t2, t3, t4, Math.max(t4, t5), Math.max(t4, t6), t7, t8, t9];
    spans.inputBytes[i] = size;
    spans.outputBytes[i] = Math.round(size * (0.2 + 0.1 * random()));
    spans.encodeMs[i] = 0.01 * (0.6 + random()) + size * 1.2e-6;
    if (random() < 0.002) spans.outcome[i] = 'error';
  }
}

/** Some of each bucket, without a change of the sum. */
function spreadCapacity(pool: PoolReport): void {
  const parts: Partial<Record<(typeof CAPACITY_IDS)[number], number>> = {
    gc: 0.04,
    loopIdle: 0.12,
    decode: 0.03,
    encode: 0.02,
    runQueue: 0.03,
    offCpu: 0.02,
    other: 0.01,
  };
  const idle: typeof parts = { starved: 0.35, notParallel: 0.2, boot: 0.1, limited: 0.02, unattributed: 0.01 };
  for (const totals of [pool.capacity.totals, ...pool.workers.map(({ capacity }) => capacity)]) {
    const { cpu, noWork } = totals;
    for (const id of CAPACITY_IDS) {
      const part = cpu * (parts[id] ?? 0) + noWork * (idle[id] ?? 0);
      totals[id] += part;
      totals.cpu -= cpu * (parts[id] ?? 0);
      totals.noWork -= noWork * (idle[id] ?? 0);
    }
  }
}

function section(path: string[], selfMs: number, totalMs: number): SectionReport {
  return {
    ...durationsOf([2, 3, 4, 8]),
    ...{
      name: path.at(-1) ?? '',
      path,
      selfMs,
      calledMs: selfMs,
      awaitedMs: 0,
      totalMs,
      stddevMs: 1.4,
      share: selfMs / 3500,
      errors: 0,
      counters: { rows: 1200 },
    },
    memory: { heapBytes: 3e6, externalBytes: 1e6, rssBytes: 5e6, shared: 2 },
    ...{ meanConcurrency: 1.1, peak: 3, byWorker: [{ workerId: 1, count: 4, selfMs }] },
  };
}

function slowest({ spans }: PoolReport): PoolReport['slowest'] {
  if (spans === undefined) return [];
  return spans.stamps
    .map((stamps, i) => ({ stamps: stamps as number[], i }))
    .sort((a, b) => latency(b.stamps) - latency(a.stamps))
    .slice(0, 50)
    .map(({ stamps, i }) => ({
      ...{
        taskId: spans.taskId[i] ?? 0,
        task: spans.tasks[spans.task[i] ?? 0] ?? '',
        attempt: 1,
        workerId: spans.workerId[i] ?? 0,
      },
      ...{ outcome: spans.outcome[i] ?? 'ok', atMs: stamps[0] ?? 0, latencyMs: latency(stamps) },
      segments: Object.fromEntries(
        SEGMENT_IDS.map((id, s) => [id, (stamps[s + 1] ?? 0) - (stamps[s] ?? 0)]),
      ) as PoolReport['slowest'][number]['segments'],
      ...{ inputBytes: spans.inputBytes[i] ?? 0, outputBytes: spans.outputBytes[i] ?? 0 },
    }));
}

function latency(stamps: readonly number[]): number {
  return (stamps[9] ?? 0) - (stamps[0] ?? 0);
}

const FRAMES = [
  ['(root)', '', 0],
  ['run', '/app/src/worker.ts', 12],
  ['resize', '/app/src/resize.ts', 20],
  ['toPixels', '/app/src/resize.ts', 31],
  ['decode', '/app/node_modules/png/index.js', 210],
  ['inflateSync', 'node:zlib', 480],
  ['scale', '/app/src/resize.ts', 77],
  ['hypot', '/app/src/math.ts', 5],
] as const;

function cpuReport(workerId: number | null, random: () => number): CpuReport {
  const flame = flameOf(random, 400);
  const sampledMs = flame.selfMs.reduce((sum, each) => sum + each, 0);
  const hot = [4, 6, 3].map((frame, i) => {
    const [functionName, file, line] = FRAMES[frame] as (typeof FRAMES)[number];
    return {
      functionName,
      file,
      line,
      column: 3,
      selfMs: sampledMs * (0.4 - 0.12 * i),
      totalMs: sampledMs * 0.5,
      share: 0.4 - 0.12 * i,
    };
  });
  const label = (name: string, task: string, part: string) => ({
    label: name,
    task,
    section: part,
    ms: sampledMs / 2,
    hot,
    flame: flameOf(random, 60),
  });
  return {
    ...{
      workerId,
      sampledMs,
      idleMs: sampledMs * 0.1,
      gcMs: sampledMs * 0.04,
      samples: 4200,
      intervalUs: 10_000,
      hot,
      flame,
    },
    byLabel: [
      label('resize › decode', 'resize', 'decode'),
      label('resize › scale', 'resize', 'scale'),
      label('', '', ''),
    ],
    lost: [{ fromMs: 10, toMs: 20, why: 'the worker died' }],
  };
}

function flameOf(random: () => number, nodes: number): FlameGraph {
  const flame: FlameGraph = {
    frames: FRAMES.map(([functionName, file, line]) => ({ functionName, file, line })),
    parent: [-1],
    frame: [0],
    selfMs: [0],
  };
  for (let node = 1; node < nodes; node++) {
    flame.parent.push(node < 8 ? node - 1 : Math.floor(random() * node));
    flame.frame.push(1 + Math.floor(random() * (FRAMES.length - 1)));
    flame.selfMs.push(random() * random() * 40);
  }
  // All time of each node in one of twenty windows.
  const order = flame.parent.map((_, node) => ({ node, window: node % 20 })).sort((a, b) => a.window - b.window);
  flame.times = {
    windowMs: 100,
    window: order.map(({ window }) => window),
    node: order.map(({ node }) => node),
    ms: order.map(({ node }) => flame.selfMs[node] ?? 0),
  };
  return flame;
}

function starvedFinding(): Finding {
  return {
    ...{ id: 'R05', title: 'DISPATCHER-BOUND', kind: 'cause', confidence: 'high', failsInMs: null, explains: ['R01'] },
    text: 'Workers sat free for 41 % of capacity while at least one task was queued. The main thread is 97 % busy; its ceiling is 392 tasks a second.',
    scope: { pool: 'resize' },
    saving: { ms: 4100, share: 0.33, ciMs: [3600, 4600] },
    evidence: [
      {
        metric: 'starved',
        value: 0.41,
        unit: 'share',
        threshold: 0.1,
        source: 'starved worker time ÷ worker time; from the capacity ledger',
      },
      { metric: 'main thread busy', value: 0.97, unit: 'share', threshold: 0.85, source: 'event-loop utilization' },
      { metric: 'ceiling', value: 392, unit: 'per second', threshold: null, source: '1 ÷ main thread time of a task' },
    ],
    advice: [
      {
        text: 'Move buildManifest off the main thread.',
        at: { file: 'src/plan.ts', line: 88, functionName: 'buildManifest' },
      },
      {
        text: 'Or let workers have a task ahead.',
        option: 'prefetch',
        value: 2,
        now: 'auto',
        isSet: false,
        command: 'millpond doctor --try prefetch=2',
      },
    ],
  };
}

function queueFinding(): Finding {
  return {
    ...{
      id: 'R01',
      title: 'TOO FEW WORKERS',
      confidence: 'medium',
      failsInMs: null,
      explains: [],
      kind: 'cause',
      scope: { pool: 'resize' },
    },
    text: 'Queue wait is 61 % of latency.',
    saving: { ms: 900, share: 0.07, ciMs: [100, 1500] },
    ...{ evidence: [], advice: [] },
  };
}

function leakFinding(): Finding {
  return {
    ...{
      id: 'R13',
      title: 'HEAP GROWS',
      kind: 'risk',
      confidence: 'medium',
      failsInMs: 5_400_000,
      explains: [],
      saving: null,
    },
    text: 'Worker 1 keeps 1.2 MB more after each full collection.',
    scope: { pool: 'resize', workerId: 1 },
    evidence: [
      {
        metric: 'slope',
        value: 140_000,
        unit: 'bytes',
        threshold: 1000,
        source: 'heap after full collections, bytes a second',
      },
    ],
    advice: [{ text: 'Look for what toPixels keeps.', at: { file: 'src/resize.ts', line: 31 } }],
  };
}

/** A name that would be markup, a script, or another order of letters if a page did not take care. */
export const HOSTILE =
  '<img src=x onerror="globalThis.pwned=1"></script><script>globalThis.pwned=1</script>\u202Etxt.exe\u2066 "quoted" & \u0007';

/** Every name of the report is hostile, and one is 10 KB long. */
export function hostileReport(): ReportData {
  const long = `${HOSTILE}${'x'.repeat(10_000)}`;
  const names: Record<string, string> = { 'thumb nail <b>': long, toPixels: long };
  for (const name of ['resize', 'decode', '127.0.0.1:3306', 'RangeError', 'SIGSEGV']) names[name] = HOSTILE;
  const hostile = JSON.parse(JSON.stringify(richReport({ tasks: 200 })), (_key, value: unknown) =>
    typeof value === 'string' ? (names[value] ?? value) : value,
  ) as ReportData;
  for (const { sections } of hostile.pools) for (const each of sections) each.counters = { [HOSTILE]: 3 };
  return { ...hostile, verdict: { ...hostile.verdict, sentence: long, step: HOSTILE } };
}
