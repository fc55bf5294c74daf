import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { type Cargo, FRAME, type Frame, type FrameKind } from '../../src/wire/frame.js';
import { PortChannel } from '../../src/wire/port-channel.js';

type AnySender = Omit<PortChannel<FrameKind>, 'send'> & {
  send(kind: FrameKind, body: unknown, cargo?: Cargo): number;
};

/** Two channels that face each other, and what one of them receives. */
function open() {
  const { port1, port2 } = new MessageChannel();
  // Any kind with any body: the channel does not look at them.
  const sender: AnySender = new PortChannel(port1);
  const receiver = new PortChannel(port2);
  const received: Frame[] = [];
  const faults: Error[] = [];
  let wake = (): void => {};
  receiver.onFrame = (frame) => {
    received.push(frame);
    wake();
  };
  receiver.onFault = (error) => {
    faults.push(error);
    wake();
  };
  onTestFinished(() => {
    sender.close();
    receiver.close();
  });
  /** The frames, once there is this number of frames and faults. */
  const arrived = async (count: number): Promise<Frame[]> => {
    while (received.length + faults.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return received;
  };
  return { sender, receiver, received, faults, arrived, port1 };
}

const META = Uint32Array.of(1);

describe('frames over a port', () => {
  it('arrive equal and in order, short ones and long ones', async () => {
    const frames = fc.array(
      fc.record({
        kind: fc.constantFrom(...Object.values(FRAME)),
        meta: fc.uint32Array({ maxLength: 40 }),
        values: fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 4 }),
        beside: fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 3 }),
        body: fc.anything({ withMap: true, withSet: true, withDate: true, withBigInt: true }),
      }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(frames, async (sent) => {
        const { sender, arrived } = open();
        for (const { kind, body, meta, values, beside } of sent) {
          sender.send(kind, body, { meta, values, beside: beside.map((bytes) => bytes.slice().buffer) });
        }
        const received = await arrived(sent.length);
        expect(received.map(({ kind, meta, body }) => ({ kind, meta, body }))).toEqual(
          sent.map(({ kind, meta, body }) => ({ kind, meta, body })),
        );
        for (const [index, { values, beside }] of received.entries()) {
          expect(values.equals(Buffer.concat(sent[index]?.values ?? []))).toBe(true);
          expect(beside.map((memory) => new Uint8Array(memory))).toEqual(sent[index]?.beside);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('may have nothing but a kind', async () => {
    const { sender, arrived } = open();
    sender.send(FRAME.stop, undefined);
    const [frame] = await arrived(1);
    expect(frame).toMatchObject({ kind: FRAME.stop, body: undefined, beside: [] });
    expect([frame?.meta.length, frame?.values.length]).toEqual([0, 0]);
  });

  it('bring words of 32 bits as they are, in short tables and in long ones', async () => {
    const { sender, arrived } = open();
    for (const length of [1, 14, 15, 16, 17, 100]) {
      const table = new Uint32Array(length + 2).fill(0xffffffff);
      sender.send(FRAME.tasks, undefined, { meta: table.subarray(1, 1 + length) });
    }
    const frames = await arrived(6);
    expect(frames.map(({ meta }) => [meta.length, meta.every((word) => word === 0xffffffff)])).toEqual(
      [1, 14, 15, 16, 17, 100].map((length) => [length, true]),
    );
  });

  it('tell when they were sent and received', async () => {
    const { sender, arrived } = open();
    const before = hostNowMs();
    const sentAt = sender.send(FRAME.tasks, undefined, { meta: META });
    const [frame] = await arrived(1);
    const times = [before, sentAt, frame?.sentAt ?? NaN, frame?.receivedAt ?? NaN, hostNowMs()];
    expect(frame?.sentAt).toBe(sentAt);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});

describe('values of a frame', () => {
  it('are taken down at once, every byte of them, whatever buffer they lie in', async () => {
    const { sender, arrived } = open();
    // Around the number of bytes that go as a string.
    for (const size of [0, 1, 256, 4095, 4096, 4097, 70_000]) {
      const shared = Uint8Array.from({ length: size + 4 }, (_, at) => (at * 31) & 0xff);
      const values = [
        shared.subarray(4, 4 + (size >> 1)),
        Buffer.from(shared.buffer, 4 + (size >> 1), size - (size >> 1)),
      ];
      sender.send(FRAME.results, undefined, { meta: META, values });
      shared.fill(0xee);
    }
    const frames = await arrived(7);
    for (const [index, size] of [0, 1, 256, 4095, 4096, 4097, 70_000].entries()) {
      const expected = Buffer.from(Uint8Array.from({ length: size }, (_, at) => ((at + 4) * 31) & 0xff));
      expect(frames[index]?.values.equals(expected)).toBe(true);
    }
  });

  it('leave the sender’s buffer with its sender', async () => {
    const { sender, arrived } = open();
    const value = Buffer.alloc(70_000, 1);
    sender.send(FRAME.results, undefined, { meta: META, values: [value] });
    await arrived(1);
    expect([value.length, value[69_999]]).toEqual([70_000, 1]);
  });

  it('may be read as numbers wherever they begin', async () => {
    const { sender, arrived } = open();
    sender.send(FRAME.results, undefined, { meta: META, values: [Buffer.from([0, 1, 2, 3, 4])] });
    expect((await arrived(1))[0]?.values.readUInt32LE(1)).toBe(0x04030201);
  });
});

describe('what lies beside, and what is to be moved,', () => {
  it('is given away, and what is not named is copied', async () => {
    const { sender, arrived } = open();
    const beside = new ArrayBuffer(1000);
    const moved = new Uint8Array(1000).fill(3);
    const copied = new Uint8Array(10).fill(4);
    sender.send(FRAME.results, { moved, copied }, { meta: META, beside: [beside], transfer: [moved.buffer] });
    const [frame] = await arrived(1);
    expect([beside.byteLength, moved.length, copied.length]).toEqual([0, 0, 10]);
    expect(frame?.beside[0]?.byteLength).toBe(1000);
    expect(frame?.body).toEqual({ moved: new Uint8Array(1000).fill(3), copied });
  });

  it('stays where it was when the frame cannot be sent', () => {
    const { sender } = open();
    const beside = new ArrayBuffer(1000);
    const moved = new ArrayBuffer(1000);
    const cargo = { meta: META, values: [Buffer.alloc(70_000)], beside: [beside], transfer: [moved] };
    expect(() => sender.send(FRAME.results, () => {}, cargo)).toThrow('could not be cloned');
    expect([beside.byteLength, moved.byteLength]).toEqual([1000, 1000]);
  });
});

describe('a port', () => {
  it('carries what can be cloned, and says so beforehand', async () => {
    const { sender, arrived } = open();
    expect(sender.clones).toBe(true);
    const carried = [{ a: new Map() }, new SharedArrayBuffer(8)];
    for (const value of carried) sender.send(FRAME.tasks, value);
    for (const value of [() => {}, Symbol('s')]) expect(() => sender.send(FRAME.tasks, value)).toThrow('cloned');
    expect((await arrived(2)).map(({ body }) => body)).toEqual(carried);
  });

  it('tells of a receiver that threw, and lets nothing out', async () => {
    const { sender, receiver, faults, arrived } = open();
    receiver.onFrame = () => {
      throw new Error('tripped');
    };
    sender.send(FRAME.tasks, undefined, { meta: META });
    await arrived(1);
    expect(faults.map(({ message }) => message)).toEqual(['tripped']);
  });

  it('gives no frame to a receiver that threw: it may rest on what the one before should have said', async () => {
    const { sender, receiver, faults } = open();
    let frames = 0;
    receiver.onFrame = () => {
      frames++;
      throw new Error('tripped');
    };
    const closed = new Promise<void>((resolve) => (receiver.onClose = resolve));
    for (let frame = 0; frame < 3; frame++) sender.send(FRAME.tasks, undefined, { meta: META });
    sender.close();
    await closed;
    expect([frames, faults.length]).toEqual([1, 1]);
  });

  it('tells both ends once that it is closed', async () => {
    const { sender, receiver } = open();
    const closed: string[] = [];
    const both = new Promise<void>((resolve) => {
      const note = (which: string) => () => {
        if (closed.push(which) === 2) resolve();
      };
      sender.onClose = note('sender');
      receiver.onClose = note('receiver');
    });
    sender.close();
    await both;
    expect(closed.toSorted()).toEqual(['receiver', 'sender']);
  });

  it('has let go of everything as soon as it was sent, even before it is closed', async () => {
    const { sender, receiver, arrived, port1 } = open();
    sender.send(FRAME.results, 'last words', { meta: META });
    await sender.flushed();
    const closed = once(port1, 'close');
    sender.close();
    await closed;
    expect((await arrived(1))[0]?.body).toBe('last words');
    receiver.close();
  });
});
