import { describe, expect, it } from 'vitest';
import { toChromeTrace } from '../../src/output/chrome/to-chrome-trace.js';
import { toCpuProfile } from '../../src/output/to-cpuprofile.js';
import { failing, LONE, overlapping, reportsByName } from '../support/all-reports.js';
import { expectNested } from '../support/nested-slices.js';
import { richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';
import { speedscopeImporter } from '../support/speedscope.js';
import { readWithDevTools } from '../support/trace-engine.js';

describe('the Chrome trace of a report', () => {
  it.each(reportsByName())(
    'nests on each thread, closes what it opens, and is read by DevTools: %s',
    async (_, report) => {
      const trace = toChromeTrace(report);
      expect(JSON.stringify(trace)).not.toMatch(LONE);
      expectNested(trace);
      for (const { ts, pid, tid } of trace.traceEvents) {
        expect(Number.isFinite(ts) && ts >= 0).toBe(true);
        expect(Number.isInteger(pid) && Number.isInteger(tid)).toBe(true);
      }
      const ids = (ph: string) =>
        trace.traceEvents
          .filter((event) => event.ph === ph)
          .map(({ cat, pid, name, id, id2 }) => `${cat} ${pid} ${name} ${id ?? ''}${id2?.local ?? ''}`)
          .sort();
      expect(ids('b')).toEqual(ids('e'));
      expect(new Set(ids('b')).size).toBe(ids('b').length);
      const spans = report.pools.reduce(
        (sum, pool) =>
          sum +
          (pool.spans?.stamps.filter((stamps) => stamps[5] !== null && (stamps[6] ?? stamps[9]) !== null).length ?? 0),
        0,
      );
      const { tracks } = await readWithDevTools(trace);
      const entries = tracks.flatMap(({ entriesByTrack }) => Object.values(entriesByTrack).flat());
      expect(entries).toHaveLength(spans);
    },
  );

  it('has one track a worker in the group "Millpond", with the times of the report', async () => {
    const report = richReport({ tasks: 100, workers: 3 });
    const { tracks, markers } = await readWithDevTools(toChromeTrace(report));
    expect(tracks.map(({ name, isTrackGroup }) => ({ name, isTrackGroup }))).toEqual([
      { name: 'Millpond', isTrackGroup: true },
    ]);
    expect(Object.keys(tracks[0]!.entriesByTrack).sort()).toEqual(['worker 1', 'worker 2', 'worker 3']);
    const spans = report.pools[0]!.spans!;
    const times = Object.values(tracks[0]!.entriesByTrack)
      .flat()
      .map(({ ts, dur }) => [ts, ts + dur].map((us) => Math.round(us / 100)));
    const expected = spans.stamps.map((stamps) => [stamps[5]!, stamps[6]!].map((ms) => Math.round(ms * 10)));
    expect(times.sort(byFirst)).toEqual(expected.sort(byFirst));
    const [entry] = tracks[0]!.entriesByTrack['worker 1']!;
    expect(entry!.devtoolsObj).toMatchObject({
      track: 'worker 1',
      trackGroup: 'Millpond',
      color: expect.stringMatching(/^(primary|secondary)$/),
    });
    expect(entry!.devtoolsObj.properties).toContainEqual(['outcome', 'ok']);
    expect(markers.map(({ name }) => name)).toEqual(['resize']);
  });

  it('draws arrows from submit to run to result, each with its three ends', () => {
    const { traceEvents } = toChromeTrace(sampleReport({ tasks: 50 }));
    const flows = new Map<string, string>();
    for (const { ph, id } of traceEvents)
      if (ph === 's' || ph === 't' || ph === 'f') flows.set(id!, (flows.get(id!) ?? '') + ph);
    expect(flows.size).toBe(50);
    for (const phases of flows.values()) expect([...phases].sort().join('')).toBe('fst');
    for (const { ph, pid, tid, ts } of traceEvents.filter((event) => ['s', 't', 'f'].includes(event.ph))) {
      const around = traceEvents.some(
        (slice) =>
          slice.ph === 'X' && slice.pid === pid && slice.tid === tid && slice.ts <= ts && slice.ts + slice.dur! >= ts,
      );
      expect(around, ph).toBe(true);
    }
  });

  it('shows handlers that lie across each other as asynchronous slices, and failures in another colour', async () => {
    const trace = toChromeTrace(overlapping());
    expect(trace.traceEvents.some(({ ph, cat }) => ph === 'b' && cat === 'millpond')).toBe(true);
    const { tracks } = await readWithDevTools(toChromeTrace(failing()));
    const colors = Object.values(tracks[0]!.entriesByTrack)
      .flat()
      .map(({ devtoolsObj }) => devtoolsObj.color);
    expect(colors).toContain('error');
  });

  it('has CPU profiles on the threads of their workers, for DevTools and for speedscope', async () => {
    const report = richReport({ tasks: 20 });
    const profile = toCpuProfile(report, { workerId: 1 })!;
    const trace = toChromeTrace(report, {
      profiles: [
        { workerId: 1, profile },
        { workerId: 0, profile },
      ],
    });
    const { profiles } = await readWithDevTools(trace);
    const worker = trace.traceEvents.find(({ name, args }) => name === 'thread_name' && args?.['name'] === 'worker 1')!;
    expect(profiles).toEqual([
      { pid: worker.pid, tid: worker.tid, nodes: profile.nodes.length, samples: profile.samples.length },
      { pid: 1, tid: 1, nodes: profile.nodes.length, samples: profile.samples.length },
    ]);
    const group = await (await speedscopeImporter()).importProfileGroupFromText('x.json', JSON.stringify(trace));
    const names = group!.profiles.map((each) => each.getName());
    expect(names.join()).toMatch('worker 1');
  });

  it('leaves out arrows beyond 20,000 tries, and says so', () => {
    const trace = toChromeTrace(sampleReport({ tasks: 25_000 }));
    expect(trace.otherData['leftOut']).toMatch('more than 20000');
    expect(trace.traceEvents.some(({ ph }) => ph === 's')).toBe(false);
    expectNested(trace);
  });
});

function byFirst(a: readonly number[], b: readonly number[]): number {
  return a[0]! - b[0]! || a[1]! - b[1]!;
}
