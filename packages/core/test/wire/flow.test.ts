import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import { move } from '../../src/contract/move.js';
import { FLOW, type FlowWindow } from '../../src/wire/flow.js';
import { FlowLink } from '../../src/wire/flow-link.js';
import { FlowReceiver } from '../../src/wire/flow-receiver.js';
import { FlowSender } from '../../src/wire/flow-sender.js';
import { FlowValueWriter, ValueRefused } from '../../src/wire/flow-value.js';
import type { FRAME, FrameOf } from '../../src/wire/frame.js';
import { Pump, streamIterator } from '../../src/wire/pump.js';
import { RecordingChannel } from '../support/result-link.js';
import { turn } from '../support/scripted-engine.js';

/** Both ends of one flow. Frames arrive when the test says so, and credit at once. */
function open(window: FlowWindow, { clones = false } = {}) {
  let now = 0;
  const channel = new RecordingChannel(clones);
  const encoder = openEncoder('structured', 10_000_000);
  const link = new FlowLink(channel, encoder, () => openDecoder('structured'));
  const reader = new FlowLink(channel, encoder, () => openDecoder('structured'));
  const sender = new FlowSender({
    writer: new FlowValueWriter(encoder, clones),
    window,
    what: 'value',
    now: () => now,
  });
  const receiver = new FlowReceiver(window);
  const granted: number[] = [];
  const attach = (): void => sender.attach((batch) => link.send(7, FLOW.stream, batch));
  attach();
  receiver.attach((values) => {
    granted.push(values);
    sender.taken(values);
  });
  const refused: unknown[] = [];
  /** Delivers the frames that were sent. Returns the number of values in each. */
  const deliver = (): number[] =>
    channel.frames.splice(0).map((frame) => {
      reader.read(frame as FrameOf<typeof FRAME.flow>, {
        accept: (value, size) => receiver.accept(value, size),
        refuse: (error) => refused.push(error),
      });
      return (frame.meta.length - 3) / 2;
    });
  return { sender, attach, receiver, deliver, granted, refused, channel, pass: (ms: number) => void (now += ms) };
}

const WINDOW: FlowWindow = { values: 8, bytes: 1_000_000 };
const END = { done: true, value: undefined };

describe.each([
  ['a socket', false],
  ['a port', true],
])('a flow over %s', (_, clones) => {
  it('carries values of every kind in their order, each as it was', async () => {
    const { sender, receiver, deliver } = open({ values: 100, bytes: 10_000_000 }, { clones });
    const object = { n: 1 };
    const given = [object, { n: 2 }, { n: 3 }, Buffer.alloc(100_000, 1), 'text', undefined, [Buffer.alloc(70_000, 2)]];
    for (const value of given) sender.push(value);
    sender.push(move(Buffer.alloc(80_000, 3)));
    object.n = 99;
    sender.flush();
    deliver();
    for (const value of [{ n: 1 }, ...given.slice(1), Buffer.alloc(80_000, 3)])
      expect(await receiver.next()).toEqual({ done: false, value });
  });

  it('refuses a value that cannot be sent, and goes on', async () => {
    const { sender, receiver, deliver } = open(WINDOW, { clones });
    expect(() => sender.push({ deep: [() => {}] })).toThrow(ValueRefused);
    sender.push('next');
    deliver();
    expect(await receiver.next()).toEqual({ done: false, value: 'next' });
  });
});

it('a flow over a port carries what only a port can', async () => {
  const { sender, receiver, deliver } = open(WINDOW, { clones: true });
  const shared = new SharedArrayBuffer(8);
  sender.push({ shared });
  sender.push('next');
  sender.flush();
  deliver();
  new Uint8Array(shared)[0] = 5;
  const { value } = (await receiver.next()) as { value: { shared: SharedArrayBuffer } };
  expect(new Uint8Array(value.shared)[0]).toBe(5);
  expect(await receiver.next()).toEqual({ done: false, value: 'next' });
});

it('values that only a port carries count the same on both sides', async () => {
  const { sender, receiver, deliver } = open({ values: 1000, bytes: 1024 * 1024 }, { clones: true });
  for (let n = 0; n < 100; n++) sender.push(new SharedArrayBuffer(8));
  for (let n = 0; n < 100; n++) {
    sender.flush();
    deliver();
    expect((await receiver.next()).value).toBeInstanceOf(SharedArrayBuffer);
  }
});

it('values that only a port carries count with their memory, each piece once, on both sides', async () => {
  const { sender, receiver, deliver, granted } = open({ values: 1000, bytes: 1024 * 1024 }, { clones: true });
  const memory = new ArrayBuffer(3_000_000);
  const given = [
    move(new Uint8Array(3_000_000)),
    move({ parts: [new Uint8Array(memory, 0, 1_000_000), new Uint8Array(memory, 1_000_000)], memory }, [memory]),
    { shared: new SharedArrayBuffer(5_000_000), own: Buffer.alloc(3_000_000) },
  ];
  for (const [index, value] of given.entries()) {
    sender.push(value);
    expect([sender.hasRoom, deliver()]).toEqual([false, [1]]);
    await receiver.next();
    expect([sender.hasRoom, granted]).toEqual([true, Array(index + 1).fill(1)]);
  }
  // Shared memory takes none.
  sender.push(new SharedArrayBuffer(5_000_000));
  expect(sender.hasRoom).toBe(true);
});

it('a frame that cannot be sent defines nothing, and the next one is read', async () => {
  const { sender, receiver, deliver, channel } = open(WINDOW);
  const send = channel.send.bind(channel);
  channel.send = () => {
    throw new Error('too long for a frame');
  };
  expect(() => sender.push({ first: 1, of: 'its shape' })).toThrow('too long');
  channel.send = send;
  sender.taken(1);
  sender.push({ first: 2, of: 'its shape' });
  sender.flush();
  deliver();
  expect(await receiver.next()).toEqual({ done: false, value: { first: 2, of: 'its shape' } });
});

describe('a sender', () => {
  it('sends the first value at once, and gathers the others until the loop turns', async () => {
    const { sender, deliver } = open(WINDOW);
    for (let n = 0; n < 4; n++) sender.push(n);
    expect(deliver()).toEqual([1]);
    await turn();
    expect(deliver()).toEqual([3]);
  });

  it('gathers for 4 ms at most', () => {
    const { sender, deliver, pass } = open(WINDOW);
    sender.push(0);
    deliver();
    sender.push(1);
    pass(3);
    sender.push(2);
    expect(deliver()).toEqual([]);
    pass(1);
    sender.push(3);
    expect(deliver()).toEqual([3]);
  });

  it('sends no more than its credit, and says when there is room', async () => {
    const { sender, receiver, deliver, granted } = open(WINDOW);
    let hasRoom = false;
    for (let n = 0; n < 12; n++) sender.push(n);
    sender.flush();
    expect(sender.hasRoom).toBe(false);
    const room = sender.whenRoom().then(() => (hasRoom = true));
    expect(deliver()).toEqual([1, 7]);
    await receiver.next();
    await turn();
    expect([granted, hasRoom, deliver()]).toEqual([[], false, []]);
    // Credit comes for a quarter of the window.
    await receiver.next();
    expect([granted, deliver()]).toEqual([[2], [2]]);
    for (let n = 2; n < 8; n++) await receiver.next();
    await room;
    expect([sender.hasRoom, sender.waiting, deliver()]).toEqual([true, 0, [2]]);
  });

  it('counts bytes, too, and a value of any size passes', async () => {
    const { sender, receiver, deliver } = open({ values: 100, bytes: 1000 });
    sender.push('x'.repeat(5000));
    sender.push('y');
    expect([sender.hasRoom, deliver()]).toEqual([false, [1]]);
    await receiver.next();
    expect([sender.hasRoom, deliver()]).toEqual([true, [1]]);
  });

  it('without a receiver keeps values until there is one', async () => {
    const { sender, attach, deliver, receiver, channel } = open(WINDOW);
    sender.detach();
    for (let n = 0; n < 3; n++) sender.push({ n });
    await turn();
    expect(channel.frames).toHaveLength(0);
    attach();
    expect(deliver()).toEqual([3]);
    expect(await receiver.next()).toEqual({ done: false, value: { n: 0 } });
  });

  it('sends everything at its end, and nothing after that', () => {
    const { sender, deliver } = open(WINDOW);
    for (let n = 0; n < 20; n++) sender.push(n);
    sender.finish();
    expect(deliver().reduce((sum, count) => sum + count)).toBe(20);
    sender.push(20);
    sender.flush();
    expect(deliver()).toEqual([]);
  });
});

describe('a receiver', () => {
  it('answers questions that were asked before their values, in order', async () => {
    const { sender, receiver, deliver } = open(WINDOW);
    const answers = [receiver.next(), receiver.next(), receiver.next()];
    sender.push('a');
    sender.push('b');
    sender.flush();
    deliver();
    receiver.done();
    expect(await Promise.all(answers)).toEqual([{ done: false, value: 'a' }, { done: false, value: 'b' }, END]);
    expect(await receiver.next()).toEqual(END);
  });

  it('fails once, after its values', async () => {
    const receiver = new FlowReceiver(WINDOW);
    receiver.accept('a', 1);
    receiver.fail(new Error('broken'));
    receiver.done();
    receiver.accept('too late', 1);
    expect(await receiver.next()).toEqual({ done: false, value: 'a' });
    await expect(receiver.next()).rejects.toThrow('broken');
    expect(await receiver.next()).toEqual(END);
  });

  it('fails one question, and the others end', async () => {
    const receiver = new FlowReceiver(WINDOW);
    const answers = [receiver.next(), receiver.next()];
    receiver.fail(undefined);
    expect(await Promise.allSettled(answers)).toEqual([
      { status: 'rejected', reason: undefined },
      { status: 'fulfilled', value: END },
    ]);
  });

  it('that is abandoned drops its values', async () => {
    const receiver = new FlowReceiver(WINDOW);
    receiver.accept('a', 1);
    receiver.abandon(new Error('not wanted'));
    await expect(receiver.next()).rejects.toThrow('not wanted');
    expect(await receiver.next()).toEqual(END);
  });

  it('that is closed has nothing more, and grants no credit', async () => {
    const { sender, receiver, deliver, granted } = open(WINDOW);
    const asked = receiver.next();
    receiver.close();
    for (let n = 0; n < 8; n++) sender.push(n);
    sender.flush();
    deliver();
    expect([await asked, await receiver.next(), granted]).toEqual([END, END, []]);
  });

  it('passes all values to its listener', () => {
    const { sender, receiver, deliver, granted } = open(WINDOW);
    const heard: unknown[] = [];
    sender.push(0);
    deliver();
    receiver.listen((value) => heard.push(value));
    for (let n = 1; n < 8; n++) sender.push(n);
    sender.flush();
    deliver();
    expect([heard, granted]).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [2, 2, 2, 2],
    ]);
  });
});

it('in any order of steps, a flow loses nothing and keeps to its credit', async () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 3000 }) }),
    fc.constant('deliver' as const),
    fc.constant('take' as const),
    fc.constant('flush' as const),
  );
  const window = fc.record({ values: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 1, max: 20_000 }) });
  await fc.assert(
    fc.asyncProperty(window, fc.array(step, { maxLength: 200 }), async (given, steps) => {
      const { sender, receiver, deliver, channel } = open(given);
      const pushed: string[] = [];
      const taken: unknown[] = [];
      let arrived = 0;
      const take = async (): Promise<void> => void taken.push(((await receiver.next()) as { value: unknown }).value);
      for (const each of steps) {
        if (typeof each === 'object') {
          pushed.push('x'.repeat(each.push));
          sender.push(pushed.at(-1));
        } else if (each === 'deliver') for (const count of deliver()) arrived += count;
        else if (each === 'flush') sender.flush();
        else if (taken.length < arrived) await take();
        const sent = arrived + channel.frames.reduce((sum, { meta }) => sum + (meta.length - 3) / 2, 0);
        expect(sent - taken.length).toBeLessThanOrEqual(given.values);
      }
      // Nothing stands still for want of credit.
      while (taken.length < pushed.length) {
        sender.flush();
        for (const count of deliver()) arrived += count;
        expect(taken.length).toBeLessThan(arrived);
        while (taken.length < arrived) await take();
      }
      expect(taken).toEqual(pushed);
    }),
  );
});

describe('a pump', () => {
  const openPump = (source: unknown, window = WINDOW) => {
    const ends = open(window);
    const pump = new Pump(streamIterator(source) as Iterator<unknown>, ends.sender, () => 0);
    return { ...ends, pump };
  };

  it('asks no further than the credit', async () => {
    let asked = 0;
    const { pump, receiver, deliver } = openPump(
      (function* () {
        for (;;) yield asked++;
      })(),
    );
    void pump.run();
    await turn();
    expect(asked).toBe(8);
    deliver();
    for (let n = 0; n < 4; n++) await receiver.next();
    await turn();
    expect(asked).toBe(12);
    pump.stop();
  });

  it.each(['stopped while it waits for room', 'stopped while it waits for its source'])(
    'closes its source when %s',
    async (which) => {
      let closed = 0;
      let wake = (): void => {};
      const waits = which.endsWith('source');
      const { pump } = openPump({
        [Symbol.asyncIterator]: () => ({
          next: () =>
            waits ? new Promise((resolve) => (wake = () => resolve({ done: true }))) : Promise.resolve({ value: 1 }),
          return() {
            closed++;
            wake();
            return Promise.resolve({ done: true, value: undefined });
          },
        }),
      });
      const ran = pump.run();
      await turn();
      pump.stop();
      await ran;
      expect(closed).toBe(1);
    },
  );

  it('fails with the error of a source that does not close, also where it answers that it is done', async () => {
    let wake = (): void => {};
    const { pump } = openPump({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise((resolve) => (wake = () => resolve({ done: true }))),
        return() {
          wake();
          return Promise.reject(new Error('closed badly'));
        },
      }),
    });
    const ran = pump.run();
    await turn();
    pump.stop();
    await expect(ran).rejects.toThrow('closed badly');
  });

  it('does not close a source that has ended, or has thrown', async () => {
    const returned: unknown[] = [];
    const source = (next: () => unknown) => ({
      [Symbol.asyncIterator]: () => ({ next, return: () => returned.push('closed') }),
    });
    await openPump(source(() => ({ done: true }))).pump.run();
    await expect(openPump(source(() => Promise.reject(new Error('broken')))).pump.run()).rejects.toThrow('broken');
    await expect(openPump(source(() => 5)).pump.run()).rejects.toThrow('Iterator result 5 is not an object');
    expect(returned).toEqual([]);
  });

  it('closes a source with a value that cannot be sent, whose error counts', async () => {
    const returned: unknown[] = [];
    const { pump } = openPump({
      [Symbol.asyncIterator]: () => ({
        next: () => ({ value: () => {} }),
        return() {
          returned.push('closed');
          throw new Error('closed badly');
        },
      }),
    });
    await expect(pump.run()).rejects.toThrow(ValueRefused);
    await pump.closed();
    expect(returned).toEqual(['closed']);
  });

  it('gives that error at once, also if the source never closes', async () => {
    const { pump } = openPump({
      [Symbol.asyncIterator]: () => ({ next: () => ({ value: () => {} }), return: () => new Promise(() => {}) }),
    });
    await expect(pump.run()).rejects.toThrow(ValueRefused);
  });

  it('closes a generator that yields a promise which rejects', async () => {
    let closed = 0;
    const { pump } = openPump(
      (function* () {
        try {
          yield Promise.reject(new Error('one of many'));
        } finally {
          closed++;
        }
      })(),
    );
    await expect(pump.run()).rejects.toThrow('one of many');
    await pump.closed();
    expect(closed).toBe(1);
  });

  it.each([[[1, 2]], ['text'], [undefined], [null], [{}], [new Map()], [Buffer.from('a')]])('is for no %j', (value) => {
    expect(streamIterator(value)).toBeUndefined();
  });
});
