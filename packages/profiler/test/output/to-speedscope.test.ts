import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { toSpeedscope } from '../../src/output/to-speedscope.js';
import { LONE, overlapping, reportsByName } from '../support/all-reports.js';
import { richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';
import { speedscopeImporter, speedscopeSchema } from '../support/speedscope.js';

const validate = new Ajv({ strict: false }).compile(speedscopeSchema());

describe('the speedscope file of a report', () => {
  it.each(reportsByName())('is what its schema says, and its importer reads the same times: %s', async (_, report) => {
    const file = toSpeedscope(report);
    const text = JSON.stringify(file);
    expect(text).not.toMatch(LONE);
    expect(validate(JSON.parse(text)), JSON.stringify(validate.errors?.slice(0, 2))).toBe(true);
    const group = await (await speedscopeImporter()).importProfileGroupFromText('report.speedscope.json', text);
    if (file.profiles.length === 0) return;
    expect(group!.profiles.map((profile) => profile.getName())).toEqual(file.profiles.map(({ name }) => name));
    for (const [i, profile] of file.profiles.entries()) {
      if (profile.type === 'evented') continue;
      const weight = profile.weights.reduce((sum, each) => sum + each, 0);
      expect(group!.profiles[i]!.getTotalWeight()).toBeCloseTo(weight, 6);
      expect(group!.profiles[i]!.getWeightUnit()).toBe('milliseconds');
    }
  });

  it('gives each task the time in its handler', async () => {
    const report = richReport({ tasks: 100, workers: 2 });
    const group = await (
      await speedscopeImporter()
    ).importProfileGroupFromText('x', JSON.stringify(toSpeedscope(report)));
    const spent = new Map<string, number>();
    for (const profile of group!.profiles.filter((each) => each.getName().startsWith('tasks,'))) {
      profile.forEachFrame((frame) => spent.set(frame.name, (spent.get(frame.name) ?? 0) + frame.getSelfWeight()));
    }
    for (const { task, segments } of report.pools[0]!.byTask) {
      expect(spent.get(task)).toBeCloseTo(segments.execution.totalMs, 3);
    }
  });

  it('gives each function its own time, with its file and line', async () => {
    const group = await (
      await speedscopeImporter()
    ).importProfileGroupFromText('x', JSON.stringify(toSpeedscope(richReport())));
    const [profile] = group!.profiles.filter((each) => each.getName() === 'CPU, all workers');
    const frames: unknown[] = [];
    profile!.forEachFrame(({ name, file, line, getSelfWeight: _ }) => frames.push({ name, file, line }));
    expect(frames).toContainEqual({ name: 'inner', file: '/app/src/inner.ts', line: 7 });
    let inner = 0;
    profile!.forEachFrame((frame) => (inner += frame.name === 'inner' ? frame.getSelfWeight() : 0));
    expect(inner).toBeCloseTo(35.5, 6);
  });

  it('has a profile for each lane of handlers that overlap', () => {
    const names = toSpeedscope(overlapping()).profiles.map(({ name }) => name);
    expect(names).toContain('tasks, worker 1, lane 2');
  });

  it('prints size and time at 100,000 tries', () => {
    const report = sampleReport({ tasks: 100_000 });
    const startMs = performance.now();
    const text = JSON.stringify(toSpeedscope(report));
    console.log(
      `speedscope file of 100,000 tries: ${(text.length / 1e6).toFixed(1)} MB in ${Math.round(performance.now() - startMs)} ms`,
    );
    expect(text.length).toBeGreaterThan(1e6);
  });
});
