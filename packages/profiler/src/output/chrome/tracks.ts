import { SEGMENT_LABELS } from '../../format/labels.js';
import { plainName } from '../../format/plain.js';
import { formatBytes, formatMs, formatNumber } from '../../format/units.js';
import type { PoolReport } from '../../model/pool-report.js';
import { SEGMENT_IDS } from '../../model/segments.js';
import type { Lane } from '../lanes.js';
import type { Try } from '../tries.js';
import { type TraceEvent, us, workerTid } from './events.js';

// DevTools makes tracks of user timing whose `detail` says so: https://developer.chrome.com/docs/devtools/performance/extension.

const CATEGORY = 'blink.user_timing';
const GROUP = 'Millpond';
/** Colours of DevTools, one for each task name in turn. */
const COLORS = [
  'primary',
  'secondary',
  'tertiary',
  'primary-light',
  'secondary-light',
  'tertiary-light',
  'primary-dark',
  'secondary-dark',
  'tertiary-dark',
] as const;

interface TrackView {
  pid: number;
  shift: number;
  lanes: readonly Lane[];
  isFull: boolean;
  /** Before the names of tracks. */
  prefix: string;
}

/** One track a worker, with an entry for each of its tries. */
export function* trackEvents({ pid, shift, lanes, isFull, prefix }: TrackView): Generator<TraceEvent> {
  let id = 0;
  for (const { workerId, slices } of lanes) {
    const track = `${prefix}worker ${workerId}`;
    for (const { fromMs, toMs, of } of slices) {
      const event = {
        name: `${plainName(of.task)} #${of.taskId}`,
        cat: CATEGORY,
        pid,
        tid: workerTid(workerId),
        id2: { local: `0x${(++id).toString(16)}` },
      };
      const devtools = {
        ...{ dataType: 'track-entry', track, trackGroup: GROUP, color: colorOf(of) },
        tooltipText: `${plainName(of.task)} #${of.taskId}: ${formatMs(toMs - fromMs)}`,
        ...(isFull ? { properties: propertiesOf(of) } : {}),
      };
      yield { ...event, ph: 'b', ts: us(shift + fromMs), args: { detail: JSON.stringify({ devtools }) } };
      yield { ...event, ph: 'e', ts: us(shift + toMs) };
    }
  }
}

/** Starts, deaths and other moments, as lines across all tracks. */
export function* markEvents({ marks }: PoolReport, pid: number, shift: number): Generator<TraceEvent> {
  for (const { atMs, what, workerId, text } of marks) {
    const isBad =
      what === 'crashed' || what === 'timeout' || what === 'stuck' || what === 'memory' || what === 'breaker';
    const devtools = { dataType: 'marker', color: isBad ? 'error' : 'tertiary', tooltipText: plainName(text, what) };
    yield {
      ...{
        name: plainName(text, what),
        ph: 'I',
        s: 'p',
        cat: CATEGORY,
        pid,
        tid: workerTid(workerId),
        ts: us(shift + atMs),
      },
      args: { data: { detail: JSON.stringify({ devtools }) } },
    };
  }
}

function colorOf({ outcome, name }: Try): string {
  return outcome === 'ok' ? (COLORS[name % COLORS.length] ?? 'primary') : 'error';
}

function propertiesOf({ stamps, outcome, attempt, inputBytes, outputBytes, weight }: Try): [string, string][] {
  const parts = SEGMENT_IDS.flatMap((id, i): [string, string][] => {
    const ms = (stamps[i + 1] ?? NaN) - (stamps[i] ?? NaN);
    return ms > 0 ? [[SEGMENT_LABELS[id], formatMs(ms)]] : [];
  });
  return [
    ['outcome', attempt > 1 ? `${outcome}, try ${attempt}` : outcome],
    ...parts,
    ['input, result', `${formatBytes(inputBytes)}, ${formatBytes(outputBytes)}`],
    ...(weight > 1 ? [['stands for', `${formatNumber(weight)} tries`] as [string, string]] : []),
  ];
}
