import { plainName } from '../../format/plain.js';
import type { ReportData } from '../../model/report-data.js';
import { lanesOf } from '../lanes.js';
import { attachedAfterMs, triesOf, type Try } from '../tries.js';
import { durationUs, MAIN, poolPid, type TraceEvent, us } from './events.js';
import { flowId } from './worker-slices.js';

interface ParentSlice {
  name: string;
  fromMs: number;
  toMs: number;
  /** Its arrow: it begins at a submit, and ends where the result is settled. */
  flow: { ph: 's' | 'f'; id: string } | undefined;
}

/**
 * What the main thread did for single tries: the encoding of inputs, and the decoding of results. Other work may lie within the stamps, so
 * a slice that would reach into the next one ends there.
 */
export function* parentEvents(report: ReportData): Generator<TraceEvent> {
  const slices = report.pools.flatMap((pool, index) => {
    const shift = attachedAfterMs(report, pool);
    const pid = poolPid(index);
    const tries = triesOf(pool);
    const drawn = new Set(
      lanesOf(tries).flatMap(({ lane, slices }) => (lane === 0 ? slices.map(({ of }) => flowId(pid, of)) : [])),
    );
    return tries.flatMap((each) => slicesOf(each, pid, shift, drawn));
  });
  slices.sort((a, b) => a.fromMs - b.fromMs || b.toMs - a.toMs);
  let freeFromMs = 0;
  for (const [i, { name, fromMs, toMs, flow }] of slices.entries()) {
    const from = Math.max(fromMs, freeFromMs);
    const to = Math.max(from, Math.min(toMs, slices[i + 1]?.fromMs ?? Infinity));
    freeFromMs = to;
    const ts = us(from);
    yield { name, ph: 'X', cat: 'millpond', ...MAIN, ts, dur: durationUs(from, to) };
    if (flow !== undefined)
      yield {
        name: 'task',
        cat: 'millpond',
        ...MAIN,
        ts,
        id: flow.id,
        ph: flow.ph,
        ...(flow.ph === 'f' ? { bp: 'e' } : {}),
      };
  }
}

function slicesOf(each: Try, pid: number, shift: number, drawn: ReadonlySet<string>): ParentSlice[] {
  const id = flowId(pid, each);
  // An arrow needs its place in the worker: without one it would point past it.
  const flow = (ph: 's' | 'f') => (drawn.has(id) ? { ph, id } : undefined);
  const [submitted = NaN, returned = NaN, settled = NaN] = [each.stamps[0], each.stamps[8], each.stamps[9]];
  const name = plainName(each.task);
  const encodeMs = each.encodeMs > 0 ? each.encodeMs : 0;
  return [
    ...(Number.isNaN(submitted)
      ? []
      : [{ name: `submit ${name}`, fromMs: shift + submitted, toMs: shift + submitted + encodeMs, flow: flow('s') }]),
    ...(Number.isNaN(returned) || Number.isNaN(settled)
      ? []
      : [
          {
            name: `settle ${name}`,
            fromMs: shift + returned,
            toMs: shift + Math.max(returned, settled),
            flow: flow('f'),
          },
        ]),
  ];
}
