import { availableParallelism } from 'node:os';
import { serialize } from 'node:v8';
import type { Pool, PoolOptions } from '@millpond/core';
import type { Report } from '@millpond/profiler';
import {
  check,
  firstOf,
  isNear,
  type LiveKind,
  type LivePlant,
  metricOf,
  poolOf,
  profiled,
  times,
  type Work,
} from './live-plant.js';

/** Plants of values, small tasks, garbage and a hot function. */
export const VALUE_PLANTS: LivePlant[] = [
  { name: '3: large inputs', check: largeInputs },
  { name: '4: small tasks', check: smallTasks },
  { name: '8: garbage', check: garbage },
  { name: '11: a hot section', check: hotSection },
];

async function largeInputs(kind: LiveKind): Promise<void> {
  const value = times(80_000, (i) => ({
    id: i,
    name: `item ${i}`,
    tags: ['a', 'b'],
    at: { x: i * 1.5, y: -i, deep: { of: `${i}` } },
  }));
  const bytes = serialize(value).byteLength;
  // Bytes by a codec of which the size is known.
  const codec = new URL('../../behaviour/fixtures/v8-codec.mjs', import.meta.url);
  const options = { kind, workers: 2, concurrency: 1, codec } as const;
  const report = await profiled({
    options,
    work: async (pool) => {
      for await (const _ of pool.map(
        'takes',
        times(32, () => value),
        { window: 1 },
      ));
    },
  });
  const finding = firstOf(report, 'R03');
  check(finding.scope.task === 'takes' && finding.text.includes('inputs'), 'Inputs of the name are large.', report);
  check(isNear(metricOf(finding, 'bytes in') / bytes, 1, 0.05), 'Bytes are those of the value.', report);
  check(metricOf(finding, 'codec') >= 0.6, 'The codec has 60 % of the time.', report);
  const moved = await profiled({
    options,
    work: async (pool) => {
      for (let i = 0; i < 32; i++) {
        const buffer = new ArrayBuffer(bytes);
        await pool.run('takes', buffer, { transfer: [buffer] });
      }
    },
  });
  const codecMs = (of: Report) => {
    const [task] = poolOf(of).byTask;
    return (task?.codec.inputEncodeMs ?? 0) + (task?.codec.inputDecodeMs ?? 0);
  };
  check(codecMs(moved) < codecMs(report) / 2, 'A buffer takes less.', report);
}

async function smallTasks(kind: LiveKind): Promise<void> {
  const rounds = 500;
  // Threads take 0.15 s for 20,000 of them, and a saving below 0.25 s is not worth an advice.
  const inputs = times(150_000, () => rounds);
  const run = (work: (pool: Pool<Work>) => Promise<unknown>) =>
    profiled({ options: { kind, workers: 2, concurrency: 1 }, work });
  const report = await run((pool) => Promise.all(inputs.map((input) => pool.run('computes', input))));
  const finding = firstOf(report, 'R07');
  check(
    metricOf(finding, 'cost of a task') > metricOf(finding, 'execution'),
    'A task costs more than it does.',
    report,
  );
  const [advice] = finding.advice;
  const size = Number(advice?.value);
  check(size >= 2 && advice?.text.includes('list') === true, 'The advice is a list of inputs.', report);
  check(!report.data.findings.some(({ id }) => id === 'R12'), 'Garbage is not the cause.', report);
  const lists = times(Math.ceil(inputs.length / size), (i) => inputs.slice(i * size, (i + 1) * size));
  const batched = await run((pool) => Promise.all(lists.map((list) => pool.run('computesEach', list))));
  const saved = 1 - poolOf(batched).activeMs / poolOf(report).activeMs;
  const predicted = finding.saving?.share ?? NaN;
  const says = `Lists of ${size} save ${saved}, and ${predicted} was predicted.`;
  check(saved >= 0.5 && Math.abs(saved - predicted) <= 0.2, says, report);
}

async function garbage(kind: LiveKind): Promise<void> {
  const young = (mb: number): PoolOptions<Work> =>
    kind === 'thread'
      ? { resourceLimits: { maxYoungGenerationSizeMb: mb } }
      : { execArgv: [`--max-semi-space-size=${mb}`] };
  const run = (mb: number) =>
    profiled({
      options: { kind, workers: 1, concurrency: 1, ...young(mb) },
      work: async (pool) => {
        for await (const _ of pool.map(
          'litters',
          times(60, () => 400_000),
          { window: 1 },
        ));
      },
    });
  const report = await run(1);
  const finding = firstOf(report, 'R12');
  const [advice] = finding.advice;
  check(/resourceLimits.maxYoung|execArgv/.test(advice?.option ?? ''), 'Short-lived objects get more room.', report);
  check(!report.data.findings.some(({ id }) => id === 'R13'), 'There is no leak.', report);
  const again = await run(kind === 'thread' ? 64 : 32);
  // Without room for young objects V8 also allocates slowly, so the time of the run tells, and not the share of collections.
  const ratio = poolOf(report).activeMs / poolOf(again).activeMs;
  check(ratio >= 1.5, `With more room it is ${ratio} times as fast.`, report);
}

async function hotSection(kind: LiveKind): Promise<void> {
  const report = await profiled({
    // As many as there are cores: with fewer, further workers are the first advice.
    options: { kind, workers: availableParallelism(), concurrency: 1 },
    profiler: { level: 'cpu', sampleUs: 1000 },
    work: (pool) =>
      Promise.all(
        times(60 * availableParallelism(), () => pool.run('inSections', { a: 4_000_000, b: 20_000_000, c: 2_000_000 })),
      ),
  });
  const finding = firstOf(report, 'R11');
  check(finding.scope.task === 'inSections' && finding.scope.section === 'b', 'Section b is the hot one.', report);
  check(isNear(metricOf(finding, 'self time'), 0.77, 0.03), 'It has 77 % of its task.', report);
  const at = finding.advice[0]?.at;
  check(at?.functionName === 'plantedHot' && at.file.endsWith('planted-work.mjs'), 'Its function is named.', report);
  const pool = poolOf(report);
  const frame = pool.cpu?.[0]?.byLabel.find(({ section }) => section === 'b')?.hot[0];
  check((frame?.share ?? 0) >= 0.8, 'Samples of the section are in the function.', report);
  const selfMs = pool.sections.reduce((sum, section) => sum + section.selfMs, 0);
  const executionMs = pool.byTask[0]?.segments.execution.totalMs ?? 0;
  check(isNear(selfMs / executionMs, 1, 0.03), `Sections have ${selfMs / executionMs} of the execution.`, report);
}
