import { hostNowMs } from '../../src/base/clock.js';
import { type Deferred, deferred } from '../../src/base/deferred.js';
import { BusyPoll } from '../../src/child/busy-poll.js';
import { FlowTable } from '../../src/child/flow-table.js';
import { OwnCache } from '../../src/child/own-cache.js';
import { SectionRecorder } from '../../src/child/section-recorder.js';
import { TaskLoop } from '../../src/child/task-loop.js';
import { TaskUse } from '../../src/child/task-use.js';
import type { LoadedHandler } from '../../src/child/worker-module.js';
import type { Arena } from '../../src/codec/arena.js';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import { Sink } from '../../src/codec/sink.js';
import type { TaskContext } from '../../src/contract/worker-module.js';
import { CALM, FRAME, type Frame, SAME_CALL, TASK_WORDS } from '../../src/wire/frame.js';
import type { RowExtras } from '../../src/wire/messages.js';
import { type LogEnds, openLink, type ReadRow } from './result-link.js';
import { turn } from './scripted-engine.js';

/** Inputs of this length and more are heavy. */
export const HEAVY_BYTES = 1000;

export interface Given {
  wireId: number;
  name: string;
  input?: unknown;
  /** Flags of its row. */
  flags?: number;
  extras?: RowExtras;
  /** Bytes to send instead of those of its input. */
  bytes?: Buffer;
}
type Row = [wireId: number, name: string, input?: unknown];

/** A loop over the given handlers; wire ids are those the test chooses. */
export function openLoop(
  handlers: Record<string, LoadedHandler>,
  { concurrency = 1, maxRun = 1, mostRows = 1, log, arena }: LoopOptions = {},
) {
  const frames: ReadRow[][] = [];
  /** What has happened to the board, in order. */
  const board: string[] = [];
  const claims: number[] = [];
  /** What the parent has taken back. */
  const revoked = new Set<number>();
  const progress: [number, unknown][] = [];
  const flushes: boolean[] = [];
  const { channel, writer: results, reader, rows, receive } = openLink({ log });
  channel.onSent = () => {
    receive();
    frames.push(rows.splice(0));
  };
  const isFree = (id: number): boolean => {
    if (revoked.has(id)) return false;
    claims.push(id);
    return true;
  };
  const names = Object.keys(handlers);
  const loop = new TaskLoop({
    channel,
    results,
    decoder: openDecoder('structured'),
    arena,
    module: { handlers: Object.entries(handlers), hooks: {} },
    scope: {
      workerId: 7,
      slot: 2,
      workerData: 'data',
      data: 'set up',
      cache: new OwnCache(),
      sections: new SectionRecorder(() => {}),
      progress: { send: (id, value) => progress.push([id, value]) > 0, end: () => false },
      flows: new FlowTable(channel, openEncoder('structured', Infinity), () => openDecoder('structured')),
      usage: { report: () => {}, end: () => false },
    },
    board: {
      maxRun,
      claim(id) {
        board.push(`claim ${id}`);
        return isFree(id);
      },
      claimRun(ids, at, stride, count, _nowMs, startTogether) {
        let bits = 0;
        for (let index = 0; index < count; index++) if (!isFree(ids[at + index * stride] ?? 0)) bits |= 1 << index;
        board.push(startTogether ? `start ${count}` : `claim ${count} together`);
        return bits;
      },
      revokedIn(ids, at, stride, count) {
        let bits = 0;
        for (let index = 0; index < count; index++) if (revoked.has(ids[at + index * stride] ?? 0)) bits |= 1 << index;
        board.push(`look at ${count}`);
        return bits;
      },
      unclaim: (_ids, _at, _stride, count) => void board.push(`withdraw ${count}`),
      noteDecoding(id) {
        board.push(`decode ${id}`);
        return !revoked.has(id);
      },
      noteSection() {},
    },
    concurrency,
    heavyBytes: HEAVY_BYTES,
    poll: new BusyPoll(0, hostNowMs),
    uses: names.map(() => new TaskUse()),
    mostRows: names.map(() => mostRows),
    beforeFlush: (idle) => flushes.push(idle),
  });
  const encoder = openEncoder('structured', Infinity);
  let shapes = 0;
  const give = (tasks: readonly Given[], beside: readonly ArrayBuffer[] = []): Promise<void> => {
    const meta = new Uint32Array(tasks.length * TASK_WORDS);
    const extras = new Map<number, RowExtras>();
    const inputs = tasks.map((task, row) => {
      const sink = new Sink();
      if (task.extras?.cloned === undefined && task.bytes === undefined) encoder.encode(task.input, sink);
      const bytes = task.bytes ?? sink.bytes.subarray(sink.start, sink.at);
      // The parent puts neighbours of one batch handler together.
      const joins = mostRows > 1 && tasks[row - 1]?.name === task.name ? SAME_CALL : 0;
      const word = names.indexOf(task.name) | (task.flags ?? 0) | (3 << 16) | joins;
      meta.set([task.wireId, word, task.wireId * 10, 1, bytes.length], row * TASK_WORDS);
      if (task.extras !== undefined) extras.set(row, task.extras);
      return bytes;
    });
    const definitions = new Sink();
    encoder.writeShapes(shapes, definitions);
    shapes = encoder.shapeCount;
    const head = Buffer.alloc(4);
    head.writeUInt32LE(definitions.at);
    const now = hostNowMs();
    loop.accept({
      kind: FRAME.tasks,
      meta,
      values: Buffer.concat([head, definitions.bytes.subarray(0, definitions.at), ...inputs]),
      beside,
      body: { extras },
      sentAt: now,
      receivedAt: now,
    } satisfies Frame);
    return turn();
  };
  const given = ([wireId, name, input]: Row, row: number): Given => {
    const extras = row === 0 ? { wantsProgress: true, deadline: 99 } : undefined;
    return { wireId, name, input, ...(extras && { extras }) };
  };
  /** Gives the loop a frame of [wire id, handler, input], and a turn of the event loop. */
  const accept = (...tasks: Row[]): Promise<void> => give(tasks.map(given));
  /** Gives it one task while no other is pending. */
  const acceptCalm = (...task: Row): void => void give([{ ...given(task, 0), flags: CALM }]);
  /** The answers, once there is this number of them. */
  const answers = async (count: number): Promise<ReadRow[]> => {
    while (frames.flat().length < count) await turn();
    return frames.flat();
  };
  return { revoked, loop, frames, board, claims, progress, flushes, give, accept, acceptCalm, answers, reader, rows };
}

interface LoopOptions {
  concurrency?: number;
  maxRun?: number;
  /** Most rows of one call. */
  mostRows?: number;
  log?: LogEnds;
  /** Its end of an arena. */
  arena?: Arena;
}

/** A handler whose calls the test ends by hand. */
export function held() {
  const calls = new Map<unknown, Deferred<unknown> & { ctx: TaskContext }>();
  const handler = (input: unknown, ctx: unknown): Promise<unknown> => {
    const call = { ...deferred<unknown>(), ctx: ctx as TaskContext };
    calls.set(input, call);
    return call.promise;
  };
  return { calls, handler };
}
