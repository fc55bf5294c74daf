import { plainName, wellFormed } from '../format/plain.js';
import type { FlameGraph } from '../model/cpu.js';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import { cpuReportsOf, ownerName } from './cpu-reports.js';
import { walkFlame } from './flame.js';
import { lanesOf } from './lanes.js';
import { attachedAfterMs, triesOf } from './tries.js';

/** A file of speedscope: https://www.speedscope.app/file-format-schema.json. */
export interface SpeedscopeFile {
  $schema: 'https://www.speedscope.app/file-format-schema.json';
  name: string;
  exporter: string;
  activeProfileIndex: number;
  shared: { frames: { name: string; file?: string; line?: number }[] };
  profiles: SpeedscopeProfile[];
}

export type SpeedscopeProfile = { name: string; unit: 'milliseconds'; startValue: number; endValue: number } & (
  | { type: 'sampled'; samples: number[][]; weights: number[] }
  | { type: 'evented'; events: { type: 'O' | 'C'; frame: number; at: number }[] }
);

/** The table of frames, each once. */
class Frames {
  readonly list: SpeedscopeFile['shared']['frames'] = [];
  readonly #places = new Map<string, number>();

  place(name: string, file = '', line = 0): number {
    const key = `${line}\0${file}\0${name}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.list.length;
    this.list.push({ name, ...(file === '' ? {} : { file, ...(line > 0 ? { line } : {}) }) });
    this.#places.set(key, place);
    return place;
  }
}

/**
 * The report for speedscope. CPU profiles of each thread and of all workers come first, then the tasks of each worker over time. Workers that run
 * several tasks at once have a profile for each lane. A profile of CPU time has the sums of the run, and no order of time.
 */
export function toSpeedscope(report: ReportData): SpeedscopeFile {
  const frames = new Frames();
  const profiles = [
    ...cpuReportsOf(report).map((each) =>
      sampled(`CPU, ${ownerName(each, report.pools.length)}`, each.cpu.flame, frames),
    ),
    ...report.pools.flatMap((pool) => evented(report, pool, frames)),
  ];
  const [pool] = report.pools;
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name: plainName(pool === undefined ? 'millpond' : `millpond: ${pool.name}`),
    exporter: '@millpond/profiler',
    activeProfileIndex: 0,
    shared: { frames: frames.list },
    profiles,
  };
}

function sampled(name: string, flame: FlameGraph, frames: Frames): SpeedscopeProfile {
  const places = flame.frames.map(({ functionName, file, line }) =>
    frames.place(plainName(functionName, '(anonymous)'), wellFormed(file), line),
  );
  const samples: number[][] = [];
  const weights: number[] = [];
  let endValue = 0;
  for (const { selfMs, stack } of walkFlame(flame)) {
    if (!(selfMs > 0)) continue;
    samples.push(stack.map((frame) => places[frame] ?? 0));
    weights.push(selfMs);
    endValue += selfMs;
  }
  return { type: 'sampled', name: plainName(name), unit: 'milliseconds', startValue: 0, endValue, samples, weights };
}

function evented(report: ReportData, pool: PoolReport, frames: Frames): SpeedscopeProfile[] {
  const shift = attachedAfterMs(report, pool);
  const of = report.pools.length > 1 ? ` of ${pool.name}` : '';
  return lanesOf(triesOf(pool)).map(({ workerId, lane, slices }) => ({
    type: 'evented',
    name: plainName(`tasks, worker ${workerId}${of}${lane === 0 ? '' : `, lane ${lane + 1}`}`),
    unit: 'milliseconds',
    startValue: 0,
    endValue: Math.max(report.run.wallMs, ...slices.slice(-1).map(({ toMs }) => shift + toMs)),
    events: slices.flatMap(({ fromMs, toMs, of: { task } }) => {
      const frame = frames.place(plainName(task));
      return [
        { type: 'O' as const, frame, at: shift + fromMs },
        { type: 'C' as const, frame, at: shift + toMs },
      ];
    }),
  }));
}
