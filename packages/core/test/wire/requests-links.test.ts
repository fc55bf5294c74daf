import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import type { FrameChannel, RequestKind } from '../../src/wire/frame.js';
import { frameRouter } from '../../src/wire/frame-router.js';
import { PortChannel } from '../../src/wire/port-channel.js';
import { Requests } from '../../src/wire/requests.js';
import { SocketChannel } from '../../src/wire/socket-channel.js';

/** What the other end answers (test/fixtures/answers-requests.mjs), and what it asks. */
interface There {
  double: { asked: number; answer: number };
  fail: { asked: undefined; answer: never };
  hang: { asked: undefined; answer: never };
  askBack: { asked: number; answer: string };
  end: { asked: undefined; answer: never };
}
interface Here {
  triple: { asked: number; answer: number };
  heard: { asked: string; answer: undefined };
}

const url = new URL('../fixtures/answers-requests.mjs', import.meta.url);
const LONG = { timeoutMs: 30_000 };

/** Links to a process of its own, to a thread, and within this thread. */
const LINKS: Record<string, () => Promise<FrameChannel<RequestKind>>> = {
  async process() {
    const child = spawn(process.execPath, [fileURLToPath(url), 'fd3'], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return new SocketChannel(child.stdio[3] as Socket, { maxPayloadBytes: Infinity });
  },
  async thread() {
    const { port1, port2 } = new MessageChannel();
    const thread = new Worker(url, { workerData: { port: port2 }, transferList: [port2] });
    onTestFinished(async () => void (await thread.terminate()));
    return new PortChannel(port1);
  },
  async inline() {
    const { port1, port2 } = new MessageChannel();
    const { answerOn } = (await import(url.href)) as { answerOn(channel: unknown, end: () => void): void };
    answerOn(new PortChannel(port2), () => port2.close());
    return new PortChannel(port1);
  },
};

async function open(kind: string) {
  const channel = await (LINKS[kind] as (typeof LINKS)[string])();
  onTestFinished(() => channel.close());
  let tell = (_: string): void => {};
  const heard = new Promise<string>((resolve) => (tell = resolve));
  const requests = new Requests<There, Here>({
    channel,
    clock: systemClock,
    answers: { triple: (n) => Promise.resolve(n * 3), heard: (word) => void tell(word) },
  });
  channel.onFrame = frameRouter<RequestKind>('The fixture', requests.handlers);
  channel.onClose = () => requests.end();
  return { requests, heard };
}

const reason = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no rejection',
    (error: unknown) => error,
  );

describe.each(Object.keys(LINKS))('requests over a link, kind %s,', (kind) => {
  it('are answered from both sides', async () => {
    const { requests } = await open(kind);
    const answers = Array.from({ length: 100 }, (_, n) => requests.ask('double', n, LONG));
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 100 }, (_, n) => n * 2));
    expect(await requests.ask('askBack', 7, LONG)).toBe('they say 21');
  });

  it('reject with the error of their handler, as an instance of its class', async () => {
    const { requests } = await open(kind);
    const error = await reason(requests.ask('fail', undefined, LONG));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'no seat left', code: 'E_SEAT', cause: { message: 'row 7' } });
  });

  it('can be withdrawn, which their handler hears', async () => {
    const { requests, heard } = await open(kind);
    const controller = new AbortController();
    const rejected = reason(requests.ask('hang', undefined, { ...LONG, signal: controller.signal }));
    // The other side has read the one before when it has answered the one after.
    await requests.ask('double', 1, LONG);
    controller.abort('changed my mind');
    expect([await rejected, await heard]).toEqual(['changed my mind', 'withdrawn']);
  });

  it('all reject when the other end is gone, and all that come after', async () => {
    const { requests } = await open(kind);
    const hanging = Array.from({ length: 20 }, () => reason(requests.ask('hang', undefined, LONG)));
    const ending = reason(requests.ask('end', undefined, LONG));
    const ended = { code: 'ERR_REQUEST', details: { why: 'ended' } };
    for (const rejected of [...hanging, ending]) expect(await rejected).toMatchObject(ended);
    expect(await reason(requests.ask('double', 1, LONG))).toMatchObject(ended);
  });
});
