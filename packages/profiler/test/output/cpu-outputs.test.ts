import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Profile } from 'pprof-format';
import { describe, expect, it } from 'vitest';
import type { FlameGraph } from '../../src/model/cpu.js';
import { walkFlame } from '../../src/output/flame.js';
import { toCpuProfile } from '../../src/output/to-cpuprofile.js';
import { toFolded } from '../../src/output/to-folded.js';
import { toPprof } from '../../src/output/to-pprof.js';
import { LONE, reportsByName } from '../support/all-reports.js';
import { HOSTILE_NAMES, richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';
import { speedscopeImporter } from '../support/speedscope.js';

/** A tree of any shape, with times in whole µs. */
const flames = fc
  .array(fc.record({ up: fc.nat(), frame: fc.nat(4), us: fc.nat(5000) }), { maxLength: 60 })
  .map((nodes): FlameGraph => ({
    frames: Array.from({ length: 5 }, (_, i) => ({ functionName: `f${i}`, file: `/app/${i}.js`, line: i + 1 })),
    parent: [-1, ...nodes.map(({ up }, i) => up % (i + 1))],
    frame: [0, ...nodes.map(({ frame }) => frame)],
    selfMs: [0, ...nodes.map(({ us }) => us / 1000)],
  }));

function reportWith(flame: FlameGraph) {
  const report = richReport({ tasks: 3 });
  const cpu = { ...report.pools[0]!.cpu![0]!, flame, byLabel: [] };
  return {
    ...report,
    pools: [{ ...report.pools[0]!, cpu: [cpu] }],
    parent: { ...report.parent, cpu: undefined as never },
  };
}

function sumOf(all: readonly number[]): number {
  return all.reduce((sum, each) => sum + each, 0);
}

describe('a flame graph', () => {
  it('is walked in whole, callers first, each stack being that of its parent and one more', () => {
    fc.assert(
      fc.property(flames, (flame) => {
        const stacks = new Map<number, number[]>([[-1, []]]);
        let ms = 0;
        for (const { node, parent, frame, selfMs, stack } of walkFlame(flame)) {
          expect(stack).toEqual(node === 0 ? [] : [...stacks.get(parent)!, frame]);
          stacks.set(node, [...stack]);
          ms += selfMs;
        }
        expect(stacks.size).toBe(flame.parent.length + 1);
        expect(ms).toBeCloseTo(sumOf(flame.selfMs), 6);
      }),
    );
  });

  it('is walked to its end though it is deeper than calls may nest', () => {
    const depth = 50_000;
    const flame = {
      frames: [{ functionName: 'f', file: '', line: 0 }],
      parent: [-1, ...Array(depth).keys()],
      frame: Array<number>(depth + 1).fill(0),
      selfMs: Array<number>(depth + 1).fill(0),
    };
    let count = 0;
    for (const _ of walkFlame(flame)) count++;
    expect(count).toBe(depth + 1);
  });
});

describe('the .cpuprofile of a report', () => {
  it('has the own time of each call path, as speedscope reads it', async () => {
    const importer = await speedscopeImporter();
    await fc.assert(
      fc.asyncProperty(flames, async (flame) => {
        const profile = toCpuProfile(reportWith(flame))!;
        expect(profile.samples).toHaveLength(profile.timeDeltas.length);
        expect(sumOf(profile.timeDeltas)).toBe(profile.endTime - profile.startTime);
        const expected = new Map<string, number>();
        for (const [i, ms] of flame.selfMs.entries()) {
          const name = flame.frames[flame.frame[i]!]!.functionName;
          if (i > 0 && ms > 0) expected.set(name, (expected.get(name) ?? 0) + ms);
        }
        if (expected.size === 0) return;
        const group = await importer.importProfileGroupFromText('x.cpuprofile', JSON.stringify(profile));
        const read = new Map<string, number>();
        group!.profiles[0]!.forEachFrame((frame) => read.set(frame.name, frame.getSelfWeight() / 1000));
        for (const [name, ms] of expected) expect(read.get(name), name).toBeCloseTo(ms, 3);
      }),
      { numRuns: 50 },
    );
  });

  it('is that of the main thread, of a worker or of all workers, and none without samples', () => {
    const report = richReport();
    expect(toCpuProfile(report)!.endTime).toBe(45_500);
    expect(toCpuProfile(report, { workerId: 1 })!.nodes[1]!.callFrame).toMatchObject({
      functionName: 'resize',
      url: 'file:///app/src/plan.ts',
      lineNumber: 87,
    });
    expect(toCpuProfile(report, { workerId: 0 })).toBeDefined();
    expect(toCpuProfile(report, { workerId: 9 })).toBeUndefined();
    expect(toCpuProfile(sampleReport())).toBeUndefined();
    expect(toCpuProfile(sampleReport(), { pool: 'resize' })).toBeUndefined();
  });

  it('is refused for an unknown pool, and for wrong options', () => {
    expect(() => toCpuProfile(sampleReport(), { pool: 'resise' })).toThrow(
      `Option "pool" must be a pool of this report; received 'resise' (string). Did you mean "resize"?`,
    );
    expect(() => toCpuProfile(sampleReport({ tasks: 0 }), { pool: 'a' })).toThrow(/received 'a' \(string\)\.$/);
    for (const workerId of [-1, 1.5, '1'])
      expect(() => toCpuProfile(sampleReport(), { workerId } as never)).toThrow(
        '"workerId" must be the id of a worker',
      );
    expect(() => toCpuProfile(sampleReport(), { worker: 1 } as never)).toThrow('Did you mean "workerId"?');
  });
});

describe('folded stacks of a report', () => {
  it.each(reportsByName())('are a stack and a count a line, as speedscope reads them: %s', async (_, report) => {
    const text = toFolded(report);
    const lines = text.split('\n').slice(0, -1);
    for (const line of lines) expect(line).toMatch(/^[^;\n]+(;[^;\n]+)* \d+$/);
    expect(text).not.toMatch(LONE);
    if (lines.length === 0) return;
    const group = await (await speedscopeImporter()).importProfileGroupFromText('x.folded', text);
    const counts = lines.map((line) => Number(line.slice(line.lastIndexOf(' '))));
    expect(group!.profiles[0]!.getTotalWeight()).toBe(sumOf(counts));
  });

  it('have thread, task and section outermost, and sections where there are no samples', () => {
    expect(toFolded(richReport()).split('\n')).toContain(
      'all workers;resize;resize;resize /app/src/plan.ts:88;inner /app/src/inner.ts:7 30000',
    );
    const { cpu: _, ...pool } = richReport().pools[0]!;
    const { cpu: _cpu, ...parent } = richReport().parent;
    const lines = toFolded({ ...richReport(), pools: [pool], parent }).split('\n');
    expect(lines).toContain('resize;resize;load;resize 600000');
    expect(lines).toContain('main thread;plan;resize 30000');
  });
});

describe('pprof of a report', () => {
  it.each(reportsByName())('is decoded, with all samples and labels: %s', (_, report) => {
    const profile = Profile.decode(gunzipSync(toPprof(report)));
    const { strings } = profile.stringTable;
    expect(strings[0]).toBe('');
    const functions = new Map(profile.function.map((each) => [Number(each.id), each]));
    const locations = new Map(profile.location.map((each) => [Number(each.id), each]));
    for (const sample of profile.sample) {
      for (const id of sample.locationId) {
        const line = locations.get(Number(id))!.line[0]!;
        expect(strings[Number(functions.get(Number(line.functionId))!.name)]).not.toBe('');
      }
      for (const { key, str } of sample.label)
        expect([strings[Number(key)], typeof strings[Number(str)]]).toEqual([
          expect.stringMatching(/^(thread|pool|task|section)$/),
          'string',
        ]);
    }
    const nanos = sumOf(profile.sample.map(({ value }) => Number(value[0])));
    const pools = report.pools.flatMap((pool) => (pool.cpu ?? []).filter(({ workerId }) => workerId === null));
    const all = [...pools, ...(report.parent.cpu === undefined ? [] : [report.parent.cpu])];
    expect(nanos).toBe(sumOf(all.map(({ flame }) => sumOf(flame.selfMs))) * 1e6);
  });

  it('says what its numbers are, when it was, and how long it took', () => {
    const report = richReport({ name: HOSTILE_NAMES[13] });
    const profile = Profile.decode(gunzipSync(toPprof(report)));
    const { strings } = profile.stringTable;
    expect(profile.sampleType.map(({ type, unit }) => [strings[Number(type)], strings[Number(unit)]])).toEqual([
      ['cpu', 'nanoseconds'],
    ]);
    expect(Number(profile.timeNanos)).toBe(Date.parse(report.run.startedAt) * 1e6);
    expect(Number(profile.durationNanos)).toBe(Math.round(report.run.wallMs * 1e6));
    expect(Number(profile.period)).toBe(1e6);
    expect(strings).toContain('漢字と絵文字🙂');
  });
});
