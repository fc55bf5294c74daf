import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from '@millpond/core';
import { Profiler, type Report } from '@millpond/profiler';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { throughProtocol } from '../support/otlp-proto.js';
import { parsePrometheus } from '../support/prometheus.js';
import { speedscopeImporter } from '../support/speedscope.js';
import { readWithDevTools } from '../support/trace-engine.js';

const MODULE = new URL('./fixtures/timed-sections.mjs', import.meta.url);
const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe.each(['process', 'thread'] as const)('outputs of a run of kind %s', (kind) => {
  let report: Report;

  beforeAll(async () => {
    const pool = new Pool<{ resize(input: { rounds: number }): number }>(MODULE, {
      kind,
      name: 'a <pool> | "b"',
      workers: 2,
    });
    const profiler = new Profiler({ level: 'cpu' }).attach(pool);
    // Each worker has a profile only if it was up before the last task.
    await pool.ready();
    await Promise.all(Array.from({ length: 40 }, () => pool.run('resize', { rounds: 1_000_000 })));
    await pool.run('resize', { rounds: 1 }, { headers: { traceparent: PARENT } });
    await pool.close();
    report = await profiler.stop();
  });

  it('end in the step to take', () => {
    expect(report.toText({ width: 80 })).toMatch(/\nnext: [^\n]+(\n {6}[^\n]+)*\n$/);
    expect(Buffer.byteLength(report.toCompact())).toBeLessThan(4096);
    expect(report.toMarkdown()).toMatch(/^### /);
  });

  it('are what the shipped schema says', () => {
    const file = new URL('../../report.schema.json', import.meta.url);
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(file, 'utf8')) as object);
    expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true);
  });

  it('are read by DevTools, speedscope, Prometheus and OpenTelemetry', async () => {
    const { tracks } = await readWithDevTools(report.toChromeTrace());
    expect(Object.values(tracks[0]!.entriesByTrack).flat()).toHaveLength(41);
    const importer = await speedscopeImporter();
    const group = await importer.importProfileGroupFromText('x', JSON.stringify(report.toSpeedscope()));
    expect(group!.profiles.length).toBeGreaterThan(0);
    const tasks = parsePrometheus(report.toPrometheus()).get('millpond_tasks_total')!.metrics;
    expect(tasks).toEqual([{ value: '41', labels: { pool: 'a <pool> | "b"' } }]);
    const { traces, metrics } = report.toOtlp();
    expect(throughProtocol('trace', traces)).toHaveProperty('resourceSpans');
    expect(throughProtocol('metrics', metrics)).toHaveProperty('resourceMetrics');
  });

  it('belong to the trace of a caller that sent a traceparent', () => {
    const spans = report.toOtlp().traces.resourceSpans[0]!.scopeSpans[0]!.spans;
    const own = spans.filter(({ traceId }) => traceId === '4bf92f3577b34da6a3ce929d0e0e4736');
    expect(own.map(({ name, kind: spanKind }) => [name, spanKind])).toEqual([
      ['send resize', 4],
      ['process resize', 5],
    ]);
    expect(own[0]!.parentSpanId).toBe('00f067aa0ba902b7');
  });

  it('have the functions of each thread at their time in the Chrome trace', async () => {
    const trace = report.toChromeTrace();
    const { profiles } = await readWithDevTools(trace);
    const threads = new Map(
      trace.traceEvents
        .filter(({ name }) => name === 'thread_name')
        .map(({ pid, tid, args }) => [`${pid}:${tid}`, args?.['name']]),
    );
    const owners = profiles.map(({ pid, tid }) => threads.get(`${pid}:${tid}`)).sort();
    expect(owners).toEqual(['main thread', 'worker 1', 'worker 2']);
    const endUs = report.data.run.wallMs * 1000;
    for (const { ts } of trace.traceEvents.filter(({ name }) => name === 'Profile')) {
      expect(ts).toBeGreaterThanOrEqual(0);
      expect(ts).toBeLessThan(endUs);
    }
    expect(JSON.stringify(trace.traceEvents.filter(({ name }) => name === 'ProfileChunk'))).toMatch('"spin"');
  });

  const folder = mkdtempSync(join(tmpdir(), 'millpond-outputs-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are written into a folder', async () => {
    await report.write(folder);
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['report.txt', 'report.json', 'report.trace.json', 'spans.csv', 'workers.cpuprofile']),
    );
  });
});
