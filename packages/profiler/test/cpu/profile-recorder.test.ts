import type { CpuProfile, HeapNode, LabelTrack, ProfileMessage } from '@millpond/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProfileRecorder } from '../../src/cpu/profile-recorder.js';
import type { CpuReport, FlameGraph } from '../../src/model/cpu.js';
import { NO_TRACK, profileOf, trackOf } from './made-profiles.js';

function cpu(
  workerId: number,
  profile: CpuProfile,
  labels: LabelTrack = NO_TRACK,
): Pick<ProfileMessage, 'workerId' | 'part'> {
  return { workerId, part: { kind: 'cpu', profile, labels } };
}

function recorded(...messages: Pick<ProfileMessage, 'workerId' | 'part'>[]): ProfileRecorder {
  const recorder = new ProfileRecorder(0);
  for (const message of messages) recorder.add(message);
  return recorder;
}

/** Paths of a flame graph with their own times; those without any are left out. */
function pathsOf({ frames, parent, frame, selfMs }: FlameGraph): Map<string, number> {
  const paths: string[] = [];
  const found = new Map<string, number>();
  for (const [node, above] of parent.entries()) {
    const name = frames[frame[node] ?? -1]?.functionName ?? '?';
    paths[node] = above < 0 ? '' : `${paths[above]}/${name}`;
    if ((selfMs[node] ?? 0) > 0) found.set(paths[node], (found.get(paths[node]) ?? 0) + (selfMs[node] ?? 0));
  }
  return found;
}

function only(reports: CpuReport[], workerId: number | null): CpuReport {
  const found = reports.filter((report) => report.workerId === workerId);
  expect(found).toHaveLength(1);
  return found[0] as CpuReport;
}

const NAMES = ['a', 'b', 'c', '(idle)', '(garbage collector)', '(program)'];
const sample = fc.tuple(
  fc.oneof(
    fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }),
    fc.constantFrom(...NAMES.slice(3)).map((name) => [name]),
  ),
  fc.integer({ min: 0, max: 20 }),
);
const samples = fc.array(sample, { minLength: 1, maxLength: 60 });
const stretches = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.constantFrom('', 'load', 'load › parse', 'save')), {
    maxLength: 30,
  })
  .map((all) => all.sort(([a], [b]) => a - b));

describe('profiles that are added up', () => {
  it('have the time of their samples in each path, the idle ones included', () => {
    const profile = profileOf([
      [['a', 'b'], 2],
      [['a'], 1],
      [['(idle)'], 5],
      [['(garbage collector)'], 3],
      [['a', 'b'], 4],
    ]);
    const report = only(recorded(cpu(1, profile)).cpu(), 1);
    expect(report).toMatchObject({ sampledMs: 15, idleMs: 5, gcMs: 3, samples: 5, intervalUs: 3000 });
    expect(pathsOf(report.flame)).toEqual(
      new Map([
        ['/a/b', 6],
        ['/a', 1],
        ['/(idle)', 5],
        ['/(garbage collector)', 3],
      ]),
    );
    expect(
      report.hot.map(({ functionName, selfMs, totalMs, share, file, line }) => [
        functionName,
        selfMs,
        totalMs,
        share,
        file,
        line,
      ]),
    ).toEqual([
      ['b', 6, 6, 0.6, '/app/b.js', 10],
      ['(garbage collector)', 3, 3, 0.3, '', 0],
      ['a', 1, 7, 0.1, '/app/a.js', 10],
    ]);
  });

  it('count by the time that was measured between two samples, not by their number', () => {
    // 1 ms was asked for. While the machine was busy, one sample stands for 50 ms.
    const profile = profileOf([...Array.from({ length: 50 }, () => [['a'], 1] as [string[], number]), [['b'], 50]]);
    const [first, second] = only(recorded(cpu(1, profile)).cpu(), 1).hot;
    expect([first?.share, second?.share]).toEqual([0.5, 0.5]);
  });

  it('add up, whatever they are: all parts have the time of the whole, and the merged report that of all workers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), samples, stretches), { minLength: 1, maxLength: 6 }),
        (all) => {
          const recorder = recorded(
            ...all.map(([workerId, made, track]) => cpu(workerId, profileOf(made), trackOf(...track))),
          );
          const reports = recorder.cpu();
          const sums = { sampledMs: 0, idleMs: 0, gcMs: 0, samples: 0 };
          for (const report of reports) {
            const flame = report.flame.selfMs.reduce((sum, ms) => sum + ms, 0);
            expect(flame).toBeCloseTo(report.sampledMs, 6);
            const labelled = report.byLabel.reduce((sum, { ms }) => sum + ms, 0);
            expect(labelled).toBeCloseTo(report.sampledMs - report.idleMs, 6);
            for (const { ms, flame: part } of report.byLabel) {
              expect(part.selfMs.reduce((sum, own) => sum + own, 0)).toBeCloseTo(ms, 6);
            }
            const hot = report.hot.reduce((sum, { share }) => sum + share, 0);
            expect(hot).toBeLessThanOrEqual(1 + 1e-9);
            for (const { selfMs, totalMs } of report.hot) expect(totalMs).toBeGreaterThanOrEqual(selfMs - 1e-9);
            for (const [node, above] of report.flame.parent.entries()) expect(above).toBeLessThan(node);
            if (report.workerId === null) continue;
            for (const key of ['sampledMs', 'idleMs', 'gcMs', 'samples'] as const) sums[key] += report[key];
          }
          const merged = only(reports, null);
          for (const key of ['sampledMs', 'idleMs', 'gcMs', 'samples'] as const)
            expect(merged[key]).toBeCloseTo(sums[key], 6);
          expect(reports[0]).toBe(merged);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('join each sample to the label of its time', () => {
    // Without waits for a core, whose time goes to the sample after them.
    const steady = samples.map((all) => all.map(([path, ms]) => [path, 10 + (ms % 10)] as const));
    fc.assert(
      fc.property(steady, stretches, (made, track) => {
        const expected = new Map<string, number>();
        let at = 0;
        for (const [path, ms] of made) {
          const label = track.findLast(([begin]) => begin <= at)?.[1] ?? '';
          if (path[0] !== '(idle)') expected.set(label, (expected.get(label) ?? 0) + ms);
          at += ms;
        }
        const { byLabel } = only(recorded(cpu(1, profileOf(made), trackOf(...track))).cpu(), 1);
        const found = new Map(byLabel.map(({ label, ms }) => [label, ms]));
        for (const [label, ms] of expected) expect(found.get(label) ?? 0).toBeCloseTo(ms, 6);
        expect([...found.keys()].every((label) => expected.has(label))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('have the time of a wait for a core where the thread goes on', () => {
    const profile = profileOf([
      [['a'], 10],
      [['a'], 110],
      [['b'], 10],
      [['b'], 10],
      [['a'], 10],
    ]);
    const track = trackOf([0, 'first'], [120, 'second']);
    const { hot, byLabel } = only(recorded(cpu(1, profile, track)).cpu(), 1);
    expect(hot.map(({ functionName, selfMs }) => [functionName, selfMs])).toEqual([
      ['b', 120],
      ['a', 30],
    ]);
    expect(byLabel.map(({ label, ms }) => [label, ms])).toEqual([
      ['second', 130],
      ['first', 20],
    ]);
  });

  it('say the task and the section of a label', () => {
    const track = trackOf([0, 'load'], [5, 'load › read › parse']);
    const profile = profileOf([
      [['a'], 5],
      [['b'], 10],
    ]);
    const { byLabel } = only(recorded(cpu(1, profile, track)).cpu(), 1);
    expect(byLabel.map(({ task, section, ms }) => [task, section, ms])).toEqual([
      ['load', 'read › parse', 10],
      ['load', '', 5],
    ]);
  });

  it('count a function that calls itself once for each sample', () => {
    const { hot } = only(recorded(cpu(1, profileOf([[['a', 'b', 'a', 'a'], 8]]))).cpu(), 1);
    expect(hot).toMatchObject([{ functionName: 'a', selfMs: 8, totalMs: 8 }]);
  });

  it('leave the code out that takes them', () => {
    const profile = profileOf([
      [['a'], 5],
      [['a', 'take'], 30],
    ]);
    const taker = profile.nodes.find(({ callFrame }) => callFrame.functionName === 'take');
    if (taker !== undefined)
      taker.callFrame.url = 'file:///app/node_modules/@millpond/core/dist/bundle/worker-profiler.cjs';
    expect(only(recorded(cpu(1, profile)).cpu(), 1)).toMatchObject({ sampledMs: 5, samples: 1 });
  });

  it('have handlers that are called through that code, also those without a place', () => {
    const profile = profileOf([
      [['callsHandler', 'callHandler', 'handler'], 20],
      [['callsHandler', 'callHandler', 'made at run time'], 3],
      [['take', 'send'], 30],
    ]);
    const files: Record<string, string> = { callsHandler: 'worker-profiler.cjs', take: 'worker-profiler.cjs' };
    for (const { callFrame } of profile.nodes) {
      const file = files[callFrame.functionName];
      if (file !== undefined) callFrame.url = `file:///app/node_modules/@millpond/core/dist/bundle/${file}`;
      // As for code of `new Function`.
      if (callFrame.functionName === 'made at run time') callFrame.url = '';
    }
    const report = only(recorded(cpu(1, profile)).cpu(), 1);
    expect(report).toMatchObject({ sampledMs: 23, samples: 2 });
    expect(report.hot.map(({ functionName }) => functionName)).toEqual(['handler', 'made at run time']);
  });

  it('keep the main thread apart from the workers', () => {
    const reports = recorded(
      cpu(0, profileOf([[['main'], 7]])),
      cpu(2, profileOf([[['a'], 1]])),
      cpu(1, profileOf([[['b'], 2]])),
    ).cpu();
    expect(reports.map(({ workerId, sampledMs }) => [workerId, sampledMs])).toEqual([
      [null, 3],
      [1, 2],
      [2, 1],
      [0, 7],
    ]);
  });
});

describe('a profile that is lost', () => {
  const lost = (fromMs: number, toMs: number): Pick<ProfileMessage, 'workerId' | 'part'> => ({
    workerId: 1,
    part: { kind: 'lost', what: 'cpu', fromMs, toMs, why: 'it was killed' },
  });

  it('is said, with its reason', () => {
    const report = only(recorded(lost(100, 200)).cpu(), 1);
    expect(report.lost).toEqual([{ fromMs: 100, toMs: 200, why: 'it was killed' }]);
  });

  it('is no more lost where it comes after all', () => {
    const report = only(recorded(lost(100, 200), cpu(1, profileOf([[['a'], 60]], 120))).cpu(), 1);
    expect(report.lost).toMatchObject([
      { fromMs: 100, toMs: 120 },
      { fromMs: 180, toMs: 200 },
    ]);
    expect(only(recorded(lost(100, 200), cpu(1, profileOf([[['a'], 150]], 80))).cpu(), 1).lost).toEqual([]);
  });
});

describe('memory of a recorder', () => {
  it('is bounded: for names, paths, labels, workers and losses without end', () => {
    const recorder = new ProfileRecorder(0);
    for (let worker = 1; worker <= 200; worker++) {
      const made = Array.from({ length: 300 }, (_, n) => [[`f${worker}`, `g${worker}-${n}`], 1] as [string[], number]);
      const track = trackOf(...Array.from({ length: 300 }, (_, n) => [n, `task ${worker}-${n}`] as [number, string]));
      recorder.add(cpu(worker, profileOf(made), track));
      for (let n = 0; n < 3; n++)
        recorder.add({
          workerId: worker,
          part: { kind: 'lost', what: 'cpu', fromMs: 1e6 * worker + n, toMs: 1e6 * worker + n + 9, why: 'x' },
        });
    }
    const reports = recorder.cpu();
    const merged = only(reports, null);
    expect(reports.length).toBeLessThanOrEqual(65);
    expect(merged.sampledMs).toBe(60_000);
    expect(merged.byLabel).toHaveLength(200);
    expect(merged.byLabel.reduce((sum, { ms }) => sum + ms, 0)).toBe(60_000);
    expect(merged.byLabel[0]?.label).toBe('(other)');
    expect(merged.flame.parent.length).toBeLessThanOrEqual(20_000);
    expect(merged.flame.selfMs.reduce((sum, ms) => sum + ms, 0)).toBe(60_000);
    expect(merged.hot).toHaveLength(50);
    expect(merged.lost).toHaveLength(100);
    expect(recorder.rawProfiles().length).toBeLessThanOrEqual(64);
  });

  it('keeps the latest profile of each worker as it came', () => {
    const [first, second, other] = [profileOf([[['a'], 1]]), profileOf([[['b'], 1]]), profileOf([[['c'], 1]])];
    expect(recorded(cpu(1, first), cpu(1, second), cpu(2, other)).rawProfiles()).toEqual([
      { workerId: 1, profile: second },
      { workerId: 2, profile: other },
    ]);
  });
});

describe('profiles of another form', () => {
  it('are counted where they cannot be read, and the others stay', () => {
    const recorder = recorded(cpu(1, profileOf([[['a'], 5]])));
    for (const part of [null, {}, { kind: 'cpu' }, { kind: 'heap' }, { kind: 'cpu', profile: { nodes: 1 } }])
      recorder.add({ workerId: 1, part: part as never });
    expect(recorder.unread).toBe(5);
    expect(only(recorder.cpu(), 1).sampledMs).toBe(5);
  });

  it('may have cycles, unknown nodes, times that go back, and no numbers', () => {
    const made = profileOf([
      [['a', 'b'], 5],
      [['a'], 5],
    ]);
    made.nodes[2]?.children?.push(1, 99);
    made.nodes.push({ ...(made.nodes[1] as CpuProfile['nodes'][number]), id: 50, children: [51] });
    made.nodes.push({ ...(made.nodes[1] as CpuProfile['nodes'][number]), id: 51, children: [50] });
    made.samples.push(77, 51, 2);
    made.timeDeltas.push(-3000, NaN, 1000);
    const recorder = recorded(cpu(1, made));
    const report = only(recorder.cpu(), 1);
    expect(Number.isFinite(report.sampledMs)).toBe(true);
    expect(report.flame.selfMs.every((ms) => ms >= 0)).toBe(true);
  });
});

describe('allocations', () => {
  const node = (name: string, selfSize: number, ...children: HeapNode[]): HeapNode => ({
    callFrame: { functionName: name, scriptId: '1', url: `file:///app/${name}.js`, lineNumber: 4, columnNumber: 0 },
    selfSize,
    id: 1,
    children,
  });
  const heap = (workerId: number, head: HeapNode): Pick<ProfileMessage, 'workerId' | 'part'> => ({
    workerId,
    part: { kind: 'heap', head, sampleBytes: 1024 },
  });

  it('add up by place, over workers and windows', () => {
    const recorder = recorded(
      heap(1, node('root', 0, node('a', 100), node('b', 50, node('a', 25)))),
      heap(2, node('root', 0, node('b', 25))),
    );
    const [merged, ...each] = recorder.heap();
    expect(merged).toEqual({
      workerId: null,
      sampleBytes: 1024,
      totalBytes: 200,
      hot: [
        { functionName: 'a', file: '/app/a.js', line: 5, bytes: 125, share: 0.625 },
        { functionName: 'b', file: '/app/b.js', line: 5, bytes: 75, share: 0.375 },
      ],
    });
    expect(each.map(({ workerId, totalBytes }) => [workerId, totalBytes])).toEqual([
      [1, 175],
      [2, 25],
    ]);
  });

  it('may lie as deep as a stack', () => {
    let deep = node('leaf', 8);
    for (let n = 0; n < 50_000; n++) deep = node('f', 0, deep);
    expect(recorded(heap(1, deep)).heap()[0]?.totalBytes).toBe(8);
  });
});
