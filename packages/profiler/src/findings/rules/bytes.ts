import type { Advice } from '../../model/finding.js';
import { withRows } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { largestOf, type PoolView, setOption, share, sumOf } from '../view.js';
import { bytes, duration, named, percent } from '../words.js';

/** Below this, a message is small: its cost is not that of its bytes. */
const LEAST_BYTES = 4096;
/** Buffers from this size on are not copied when they are moved or borrowed. */
const LARGE = 65_536;

/**
 * From this cost of a byte on, values are objects, ns. Buffers and strings cost 0.9 to 2.4 on Node 20, in both kinds. Arrays of numbers cost
 * 3.2 to 4.8, and objects 11 to 80.
 */
const OF_OBJECTS = 3;

/** R03: values are written and read for a large part of the time. */
export function serialization(view: PoolView): Candidate[] {
  const { pool } = view;
  const spent = share(view.codecMs, view.movingMs);
  const worst = largestOf(pool.byTask, ({ codec }) =>
    sumOf(
      Object.values(codec).filter((ms) => typeof ms === 'number'),
      (ms) => ms,
    ),
  );
  if (spent < 0.2 || worst === undefined || worst.bytesIn.mean + worst.bytesOut.mean < LEAST_BYTES) return [];
  const { codec } = worst;
  const inMs = codec.inputEncodeMs + codec.inputDecodeMs;
  const outMs = codec.outputEncodeMs + codec.outputDecodeMs;
  const direction = inMs >= outMs ? 'in' : 'out';
  const mean = direction === 'in' ? worst.bytesIn.mean : worst.bytesOut.mean;
  const nsPerByte = share(1e6 * (inMs + outMs), worst.bytesIn.total + worst.bytesOut.total);
  const what = direction === 'in' ? 'inputs' : 'results';
  const isLarge = mean >= LARGE;
  return [
    cause({
      id: 'R03',
      title: 'BYTES: WRITING AND READING VALUES',
      text:
        `Writing and reading values took ${percent(spent)} of the time of tasks outside of the queue. Most goes to ${what} of ` +
        `${named(worst.task)}: ${bytes(mean)} each, ${duration(share(inMs + outMs, worst.tries))} a task.`,
      scope: { task: worst.task },
      evidence: [
        evidence(
          'codec',
          spent,
          'share',
          0.2,
          '(encoding + decoding of inputs and results) ÷ (latency − waits for a worker and its thread)',
        ),
        evidence(`bytes ${direction}`, mean, 'bytes', LEAST_BYTES, `mean of the encoded ${what} of the name`),
        evidence('cost a byte', nsPerByte / 1e6, 'ms', null, 'codec time of the name ÷ its bytes'),
      ],
      advice: [
        ...(nsPerByte >= OF_OBJECTS
          ? objectAdvice(what)
          : isLarge
            ? bufferAdvice(view, direction)
            : [codecAdvice(view)]),
        { text: `Send ids or paths in place of data, keep data in the worker, and return less.` },
      ],
      step: STEP.bytes,
      explains: ['R04', 'R05'],
      without: withRows((rows, row) => {
        rows.inputEncode[row] = 0;
        rows.decode[row] = 0;
        rows.reply[row] = 0;
        rows.settle[row] = 0;
      }),
    }),
  ];
}

/** Buffers can be moved. */
function bufferAdvice(view: PoolView, direction: 'in' | 'out'): Advice[] {
  const { kind } = view.pool;
  const threads = 'Use threads, and move large buffers with `transfer` in place of copies.';
  return [
    ...(kind === 'process' ? [setOption(view, 'kind', 'thread', threads, kind)] : []),
    {
      text:
        direction === 'in'
          ? 'Move large buffers of inputs: `run(name, input, { transfer: [buffer] })`, or leave them in place with `borrow: true`. A string is copied.'
          : 'Move large buffers of results out of the handler with `move()`, or write them where they are needed. A string is copied.',
    },
  ];
}

/** Objects are written and read one by one, whatever carries them. */
function objectAdvice(what: string): Advice[] {
  return [
    {
      text: `Make ${what} of fewer objects: pack numbers into typed arrays, and leave out what the other side needs not.`,
    },
  ];
}

function codecAdvice(view: PoolView): Advice {
  const { codec } = view.pool.asked;
  return setOption(view, 'codec', 'a module of its own', 'Give the values a codec of their own, or send less.', codec);
}

/** R04: frames are long on their way while both sides have time. */
export function transport(view: PoolView): Candidate[] {
  const { pool, measured } = view;
  const spent = share(view.transportMs, view.movingMs);
  if (spent < 0.2 || measured.parent.busyShare >= 0.7 || view.loopShareOfTasks >= 0.7) return [];
  // Where cores are short, messages wait for one: the way itself is not what is long.
  if (view.onCore < 0.85 || view.coresUsed >= 0.9 * view.cores) return [];
  const perTask = share(view.transportMs, view.tries);
  const executionMs = share(view.executionMs, view.tries);
  const ahead = Math.min(64, Math.max(2, Math.ceil(perTask / Math.max(0.01, executionMs))));
  const present = pool.asked.prefetch.value;
  return [
    cause({
      id: 'R04',
      title: 'TRANSPORT: MESSAGES ARE LONG ON THEIR WAY',
      text: `Tasks and results were on their way for ${percent(spent)} of the time outside of the queue: ${duration(perTask)} a task. Neither side was busy.`,
      evidence: [
        evidence(
          'transport',
          spent,
          'share',
          0.2,
          '(transport in + out) ÷ (latency − waits for a worker and its thread)',
        ),
        evidence('main thread busy', measured.parent.busyShare, 'share', null, 'event-loop utilization; below 0.7'),
        evidence(
          'worker loops busy',
          view.loopShareOfTasks,
          'share',
          null,
          'time of loops not idle ÷ time of the workers that tasks ran in; below 0.7',
        ),
        evidence('messages', pool.tasksPerSecond * 2, 'per second', null, 'tasks and results'),
      ],
      advice: [
        ...(pool.kind === 'process'
          ? [setOption(view, 'kind', 'thread', 'Use threads: their messages take no socket.', pool.kind)]
          : []),
        setOption(
          view,
          'prefetch',
          ahead,
          `Send ${ahead} tasks ahead, so that a worker never waits for the way.`,
          present,
        ),
      ],
      step: STEP.bytes,
      explains: ['R07'],
      without: withRows((rows, row) => {
        rows.wayIn[row] = 0;
        rows.wayOut[row] = 0;
      }),
    }),
  ];
}
