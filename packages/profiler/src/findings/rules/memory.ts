import { withRows } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, risk, STEP } from '../candidate.js';
import { largestOf, type PoolView, setOption, share, sumOf } from '../view.js';
import { bytes, code, duration, percent } from '../words.js';

/** Most of a heap in use from which on the old generation is what is short. */
const FULL = 0.7;
/** How far ahead a leak is worth a warning: in lengths of the run. */
const AHEAD = 10;
/** Part of the headroom after which a worker is replaced. */
const MARGIN = 0.8;

/** R12: the collector takes a large part of the time of handlers. */
export function garbage(view: PoolView): Candidate[] {
  const { pool } = view;
  // A pause lasts longer while its thread has no core: only the rest of it is the collector's.
  const gcMs = view.execution.gcMs * view.onCore;
  const part = share(gcMs, view.executionMs - view.execution.loopIdleMs - view.execution.runQueueMs);
  const worstMs = view.onCore * Math.max(0, ...pool.workers.map(({ gcWorstSecondMs }) => gcWorstSecondMs));
  if (part < 0.1 && worstMs < 100) return [];
  const worker = largestOf(pool.workers, ({ gcMs }) => gcMs);
  const used = Math.max(
    0,
    ...pool.workers.map(({ heapPeakBytes, heapLimitBytes }) => share(heapPeakBytes ?? 0, heapLimitBytes ?? 0)),
  );
  const perTask = share(
    sumOf(pool.workers, ({ allocatedBytes }) => allocatedBytes),
    sumOf(pool.workers, ({ tasks }) => tasks),
  );
  const isFull = used >= FULL;
  const limitMb = Math.max(256, Math.round(((worker?.heapLimitBytes ?? 2 ** 30) / 2 ** 20) * 2));
  const frame = pool.heap?.find(({ workerId }) => workerId === null)?.hot.find(({ file }) => file !== '');
  const option = isFull
    ? pool.kind === 'thread'
      ? setOption(view, 'resourceLimits.maxOldGenerationSizeMb', limitMb, `Give workers a heap of ${limitMb} MB.`)
      : setOption(
          view,
          'memory.perWorkerBytes',
          limitMb * 2 ** 20,
          `Give workers a heap of ${limitMb} MB: memory.perWorkerBytes.`,
          worker?.heapLimitBytes ?? 0,
        )
    : pool.kind === 'thread'
      ? setOption(view, 'resourceLimits.maxYoungGenerationSizeMb', 64, 'Give short-lived objects more room: 64 MB.')
      : setOption(
          view,
          'execArgv',
          "['--max-semi-space-size=32']",
          'Give short-lived objects more room: add --max-semi-space-size=32 to execArgv.',
        );
  return [
    cause({
      id: 'R12',
      title: 'GARBAGE COLLECTION',
      text: `Collectors paused handlers for ${percent(part)} of the time that they ran, ${duration(worstMs)} in the worst second. A task allocates ${bytes(perTask)}.`,
      evidence: [
        evidence('gc', part, 'share', 0.1, 'pauses × share of a core ÷ (execution − idle event loop − run queue)'),
        evidence('worst second', worstMs, 'ms', 100, 'largest sum of pauses within a second, of one worker'),
        evidence('heap in use', used, 'share', FULL, 'peak ÷ limit; from here on, the old generation is short'),
        evidence('allocated', perTask, 'bytes', null, 'bytes that the collector saw ÷ tasks'),
      ],
      advice: [
        option,
        {
          text:
            frame === undefined
              ? 'Allocate less: reuse buffers, and keep fewer objects at a time.'
              : `Allocate less in ${code(frame)}: ${percent(frame.share)} of all bytes come from there.`,
          ...(frame === undefined
            ? {}
            : { at: { file: frame.file, line: frame.line, functionName: frame.functionName } }),
        },
      ],
      step: STEP.collector,
      explains: ['R11', 'R22'],
      without: withRows((rows, row) => (rows.gc[row] = 0)),
    }),
  ];
}

/** R13: what stays after full collections grows, and will reach the limit. */
export function leak(view: PoolView): Candidate[] {
  const { pool } = view;
  const rising = pool.workers.flatMap((worker) => {
    const { heapFloor: floor, heapLimitBytes: limit } = worker;
    if (floor === null || !(floor.low > 0) || limit === null) return [];
    const last = floor.points.at(-1)?.[1] ?? 0;
    const first = floor.points[0]?.[1] ?? 0;
    const inMs = (Math.max(0, limit - last) / floor.slope) * 1000;
    // A tenth of a MB more is no leak, however sure the slope.
    const isGrowing = last - first >= Math.max(1e6, 0.01 * limit);
    return isGrowing && inMs < AHEAD * pool.wallMs
      ? [{ worker, floor, inMs, headroom: Math.max(0, limit - last) }]
      : [];
  });
  const first = largestOf(rising, ({ inMs }) => -inMs);
  if (first === undefined) return [];
  const { worker, floor, inMs, headroom } = first;
  const perTask = share((floor.slope * worker.upMs) / 1000, worker.tasks);
  const after = Math.max(1, Math.floor((MARGIN * headroom) / Math.max(1, perTask)));
  const frame = pool.heap
    ?.find(({ workerId }) => workerId === worker.workerId || workerId === null)
    ?.hot.find(({ file }) => file !== '');
  return [
    risk({
      id: 'R13',
      title: 'MEMORY GROWS',
      text: `The heap of worker ${worker.workerId} grows by ${bytes(floor.slope)} a second after full collections: ${bytes(perTask)} a task. It reaches its limit in ${duration(inMs)}.`,
      scope: { workerId: worker.workerId },
      evidence: [
        evidence(
          'slope',
          floor.slope,
          'bytes',
          0,
          'a second; Theil–Sen over the heap after full collections, the 95 % interval above 0',
        ),
        evidence('lower bound', floor.low, 'bytes', 0, 'lower end of the 95 % interval'),
        evidence(
          'time to the limit',
          inMs / 1000,
          's',
          (AHEAD * pool.wallMs) / 1000,
          '(limit − heap) ÷ slope; less than ten times the run',
        ),
      ],
      advice: [
        setOption(
          view,
          'recycle.afterTasks',
          after,
          `Replace workers after ${after} tasks: recycle.afterTasks. \`recycle.onLeak: true\` finds the moment itself.`,
          pool.asked.recycle.afterTasks ?? 'never',
        ),
        {
          text:
            frame === undefined
              ? 'Look for what keeps objects: a cache or listeners in a variable of the module.'
              : `Look at what ${code(frame)} keeps.`,
          ...(frame === undefined
            ? {}
            : { at: { file: frame.file, line: frame.line, functionName: frame.functionName } }),
        },
      ],
      step: STEP.collector,
      explains: ['R12'],
      failsInMs: inMs,
    }),
  ];
}
