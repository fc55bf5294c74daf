import { describe, expect, it } from 'vitest';
import { serve } from '../../src/child/serve.js';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import { FRAME, type Frame, PROTOCOL_VERSION, type WorkerChannel, type WorkerKind } from '../../src/wire/frame.js';
import type { InitMessage } from '../../src/wire/messages.js';

const INIT: InitMessage = {
  protocol: PROTOCOL_VERSION,
  moduleUrl: 'file:///worker.mjs',
  workerId: 1,
  slot: 1,
  poolName: 'pool',
  workerData: { value: undefined },
  concurrency: 1,
  busyPollMs: 0,
  board: undefined,
  hasBoard: false,
  guard: false,
  codec: 'structured',
  maxPayloadBytes: Infinity,
  arena: false,
  ownsOutput: false,
  nice: 0,
  warmup: [],
  profile: undefined,
};

/** Starts a worker's side over a channel that notes what it sends. Resolves with the kinds of its first frames. */
function framesOfStart(count: number): Promise<WorkerKind[]> {
  return new Promise((resolve) => {
    const sent: WorkerKind[] = [];
    const channel = {
      clones: true,
      send: (kind: WorkerKind) => {
        if (sent.push(kind) === count) resolve(sent);
      },
      flushed: () => Promise.resolve(),
    } as unknown as WorkerChannel;
    serve({
      channel,
      open: ({ codec, maxPayloadBytes }) => ({
        encoder: openEncoder(codec, maxPayloadBytes),
        decoder: openDecoder(codec),
        arena: undefined,
        board: undefined,
        log: undefined,
      }),
      load: () => Promise.resolve({ namespace: { work: () => 1 } }),
      startGuard() {},
      restoreTicks() {},
      outputWritten: () => Promise.resolve(),
      endOrphaned() {},
      exit() {},
    });
    channel.onFrame({ kind: FRAME.init, body: INIT } as unknown as Frame);
  });
}

describe('the start of a worker', () => {
  it('reports its memory after it is ready: the parent hands out the first task meanwhile', async () => {
    expect(await framesOfStart(3)).toEqual([FRAME.warming, FRAME.ready, FRAME.report]);
  });
});
