import { describe, expect, it } from 'vitest';
import { askWhenTaken, ProgressSender } from '../../src/child/progress.js';
import { ProgressLink } from '../../src/child/progress-link.js';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import { move } from '../../src/contract/move.js';
import { type Cargo, FRAME, type FrameOf, type WorkerChannel } from '../../src/wire/frame.js';
import { Requests } from '../../src/wire/requests.js';
import type { ParentTopics, WorkerTopics } from '../../src/wire/topics.js';
import { FakeClock } from '../support/fake-clock.js';
import { turn } from '../support/scripted-engine.js';

interface Sent {
  id: number;
  dropped: number;
  value: unknown;
}

function open() {
  const sent: Sent[] = [];
  /** What the parent was asked and has not answered. */
  const asked: (() => void)[] = [];
  const refused = new Set<unknown>();
  const decoder = openDecoder('structured');
  const channel = {
    clones: true,
    send(_kind: number, body: unknown, { meta, values = [], beside = [] }: Cargo) {
      const [id = 0, definitions = 0, dropped = 0] = meta;
      const bytes = Buffer.concat(values);
      if (definitions > 0) decoder.defineShapes(bytes, 0, definitions);
      const memory = (index: number): ArrayBuffer => beside[index] as ArrayBuffer;
      const value =
        body === undefined
          ? decoder.decode(bytes, definitions, bytes.length, memory)
          : (body as { value: unknown }).value;
      sent.push({ id, dropped, value });
      return 0;
    },
  } as unknown as WorkerChannel;
  const link = new ProgressLink(channel, openEncoder('structured', Infinity));
  const refusing = {
    encode(value: unknown) {
      if (refused.has(value)) throw new TypeError('cannot be sent');
      return link.encode(value);
    },
    post: link.post.bind(link),
  };
  const sender = new ProgressSender(refusing, (taken) => asked.push(taken));
  /** The parent has taken all that it was asked about first. */
  const take = (): void => asked.shift()?.();
  /** The parent has taken all that it was asked about. */
  const takeAll = (): void => {
    while (asked.length > 0) take();
  };
  const valuesOf = (id: number): unknown[] => sent.filter((each) => each.id === id).map(({ value }) => value);
  return { sender, sent, refused, take, takeAll, valuesOf };
}

describe('ProgressSender', () => {
  it('sends at once what the parent has room for, in order', () => {
    const { sender, valuesOf } = open();
    for (let n = 0; n < 200; n++) expect(sender.send(1, n)).toBe(true);
    expect(valuesOf(1)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('in a loop without end sends the first, keeps the newest, and says how many it dropped', () => {
    const { sender, sent, valuesOf } = open();
    const all = Array.from({ length: 100_000 }, (_, n) => sender.send(1, { n }));
    expect(all.indexOf(false)).toBe(256);
    expect(sent).toHaveLength(256);
    sender.end(1);
    expect(valuesOf(1)).toEqual([
      ...Array.from({ length: 256 }, (_, n) => ({ n })),
      ...Array.from({ length: 64 }, (_, n) => ({ n: 99_936 + n })),
    ]);
    expect(sent.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(100_000 - 256 - 64);
    expect(sent[256]?.dropped).toBe(100_000 - 256 - 64);
  });

  it('sends what it holds when the parent has taken the rest, and drops nothing for one who waits', () => {
    const { sender, take, valuesOf, sent } = open();
    for (let n = 0; n < 10_000; n++) if (!sender.send(1, n)) take();
    sender.end(1);
    expect(valuesOf(1)).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
    expect(sent.every(({ dropped }) => dropped === 0)).toBe(true);
  });

  it('takes values as they are at the call, also those it holds', () => {
    const { sender, valuesOf } = open();
    const state = { n: 0 };
    for (; state.n < 300; state.n++) sender.send(1, state);
    sender.end(1);
    expect(valuesOf(1)).toEqual(Array.from({ length: 300 }, (_, n) => ({ n })));
  });

  it('goes by bytes, too, and is never stopped by one large value', () => {
    const { sender, sent, take } = open();
    const large = 'x'.repeat(5_000_000);
    expect(sender.send(1, 'small')).toBe(true);
    expect(sender.send(1, large)).toBe(true);
    for (let n = 0; n < 20; n++) expect(sender.send(1, large + n)).toBe(false);
    expect(sent).toHaveLength(2);
    take();
    expect(sent).toHaveLength(3);
    expect([sent[2]?.value === `${large}19`, sent[2]?.dropped]).toEqual([true, 19]);
  });

  it('holds those of each task by itself, and serves them in turn', () => {
    const { sender, take, valuesOf } = open();
    for (let n = 0; n < 1000; n++) sender.send(1, n);
    expect(sender.send(2, 'one and only')).toBe(false);
    for (let n = 0; n < 1000; n++) sender.send(1, n);
    expect(valuesOf(2)).toEqual([]);
    take();
    take();
    expect(valuesOf(2)).toEqual(['one and only']);
    sender.end(1);
    expect(valuesOf(1).at(-1)).toBe(999);
  });

  it('refuses at the call what cannot be sent, held or not', () => {
    const { sender, refused, sent } = open();
    const [tooLarge, bad] = ['x'.repeat(100_000), () => {}];
    refused.add(tooLarge).add(bad);
    for (const value of [tooLarge, bad]) expect(() => sender.send(1, value)).toThrow('cannot be sent');
    for (let n = 0; n < 300; n++) sender.send(1, n);
    expect(() => sender.send(1, tooLarge)).toThrow('cannot be sent');
    expect(() => sender.send(1, bad)).toThrow('cannot be sent');
    sender.end(1);
    expect(sent).toHaveLength(300);
  });

  it('moves what is to be moved at the call, also what it holds', () => {
    const { sender, sent } = open();
    for (let n = 0; n < 300; n++) sender.send(1, n);
    const bytes = new ArrayBuffer(8);
    sender.send(1, move(bytes, [bytes]));
    sender.send(1, 'last');
    sender.end(1);
    expect(bytes.byteLength).toBe(0);
    expect(sent.slice(-2)).toMatchObject([{ value: new ArrayBuffer(8) }, { value: 'last', dropped: 0 }]);
  });

  it('knows nothing of a task that has ended', () => {
    const { sender, sent, take, takeAll } = open();
    for (let n = 0; n < 500; n++) sender.send(1, n);
    sender.end(1);
    const count = sent.length;
    takeAll();
    sender.end(1);
    take();
    expect(sent).toHaveLength(count);
    expect(sender.send(2, 'next')).toBe(true);
  });
});

describe('a parent that stands still', () => {
  it('is asked again each minute, and gets no further values until it has taken those before', async () => {
    const clock = new FakeClock();
    const replies: (() => void)[] = [];
    const channel = {
      clones: false,
      send(kind: number, _body: unknown, { meta = new Uint32Array() }: Partial<Cargo> = {}) {
        const [number = 0] = meta;
        const reply = { kind: FRAME.reply, meta: Uint32Array.of(number, 0), body: undefined } as FrameOf<
          typeof FRAME.reply
        >;
        if (kind === FRAME.request) replies.push(() => requests.handlers[FRAME.reply](reply));
        return 0;
      },
    };
    const requests = new Requests<WorkerTopics, ParentTopics>({
      channel,
      clock,
      answers: { relieve: () => Promise.reject(new Error('not asked here')), measure: () => undefined },
    });
    let taken = 0;
    askWhenTaken(requests)(() => void taken++);
    for (let minutes = 1; minutes <= 5; minutes++) {
      clock.advance(60_000);
      await turn();
      expect([replies.length, taken]).toEqual([minutes + 1, 0]);
    }
    replies.at(-1)?.();
    await turn();
    expect(taken).toBe(1);
    clock.advance(120_000);
    expect(replies).toHaveLength(6);
    // At the end of the link nothing is asked for ever.
    askWhenTaken(requests)(() => void taken++);
    requests.end();
    await turn();
    expect([taken, replies.length, clock.timers]).toEqual([2, 7, 0]);
  });
});
