import { describe, expect, it } from 'vitest';
import { PendingInputs } from '../../src/child/pending-inputs.js';
import { LARGE_BYTES } from '../../src/codec/arena.js';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import type { Refusal } from '../../src/contract/errors.js';
import { BatchCall } from '../../src/task/batch-call.js';
import { InputMemory } from '../../src/task/input-memory.js';
import { InputWriter } from '../../src/task/input-writer.js';
import { Task } from '../../src/task/task.js';
import type { TaskExtras } from '../../src/task/task-terms.js';
import type { Transport } from '../../src/transport/transport.js';
import {
  CALM,
  type Cargo,
  CLAIM_ALONE,
  FRAME,
  type Frame,
  type FrameKind,
  HANDLER_MASK,
  IDEMPOTENT,
  SAME_CALL,
  TASK_WORDS,
  type TasksFrame,
} from '../../src/wire/frame.js';
import { InFlightEntry } from '../../src/worker/in-flight-entry.js';
import { SendBuffer } from '../../src/worker/send-buffer.js';
import { FakeClock } from '../support/fake-clock.js';
import { openArenas, RecordingChannel } from '../support/result-link.js';
import { optionsOf, TaskMaker } from '../support/tasks.js';

const MIB = 2 ** 20;
const HOLDER = { id: 1, abandon(): void {}, begunAt: () => undefined };

/** A channel that refuses what a test tells it to. */
class PickyChannel extends RecordingChannel {
  isRefused: (cargo: Cargo) => boolean = () => false;
  readonly cargos: Cargo[] = [];

  override send(kind: FrameKind, body: unknown, cargo: Cargo): number {
    if (this.isRefused(cargo)) throw new Error('The port refuses it.');
    this.cargos.push({ ...cargo, values: cargo.values?.map((bytes) => Buffer.from(bytes)) });
    return super.send(kind, body, cargo);
  }
}

/** A pool's inputs, and the outboxes of its workers. */
function open({ clones = false, arena }: { clones?: boolean; arena?: number } = {}) {
  const clock = new FakeClock();
  const maker = new TaskMaker(optionsOf({ tasks: { twice: { idempotent: true } } }));
  const encoder = openEncoder('structured', Infinity);
  const writer = new InputWriter(encoder, clones, new InputMemory(clock));
  let lastId = 0;
  const give = (input: unknown, extras?: TaskExtras, name = 'work'): Task => {
    const task = new Task(
      ++lastId,
      maker.type(name),
      extras,
      0,
      () => {},
      () => {},
    );
    expect(writer.write(task, input)).toBeUndefined();
    return task;
  };
  const worker = () => {
    const channel = new PickyChannel(clones);
    const arenas = arena === undefined ? undefined : openArenas(arena);
    const refused: [number, Refusal][] = [];
    const transport = { channel, arena: arenas?.here } as unknown as Transport;
    const sendBuffer = new SendBuffer(transport, encoder, clock, (place, refusal) =>
      refused.push([place.wireId, refusal]),
    );
    const places: InFlightEntry[] = [];
    const add = (...tasks: Task[]): InFlightEntry[] =>
      tasks.map((task) => {
        const place = new InFlightEntry(places.length + 1, HOLDER);
        place.wireId = task.id + 1000;
        place.task = task;
        place.handler = 5;
        places.push(place);
        sendBuffer.add(place);
        return place;
      });
    const decoder = openDecoder('structured');
    /** What its worker takes out of the frames sent so far. */
    const receive = (): unknown[][] =>
      channel.frames.splice(0).map((frame) => {
        const inputs = new PendingInputs(frame as TasksFrame, decoder, arenas?.there);
        return Array.from({ length: inputs.rows }, () => {
          inputs.next();
          return inputs.take();
        });
      });
    return { channel, sendBuffer, add, receive, refused };
  };
  return { clock, give, worker, ...worker() };
}

const row = ({ meta }: Frame, at: number): number[] => [...meta.subarray(at * TASK_WORDS, (at + 1) * TASK_WORDS)];

describe('tasks that leave together', () => {
  it('go in one frame and in their order', () => {
    const { give, add, sendBuffer, channel, receive } = open();
    const inputs = ['a', { b: 1 }, undefined, [3], 'e'.repeat(1000)];
    add(...inputs.map((input) => give(input)));
    expect(sendBuffer.isEmpty).toBe(false);
    sendBuffer.send(0);
    expect([sendBuffer.isEmpty, channel.frames.length, channel.frames[0]?.kind]).toEqual([true, 1, FRAME.tasks]);
    expect(receive()).toEqual([inputs]);
    sendBuffer.send(0);
    expect(channel.frames).toEqual([]);
  });

  it('come with wire id, handler, attempt, task id and length of their input', () => {
    const { give, add, sendBuffer, channel, clock } = open();
    const first = give('abc');
    const second = give(7);
    second.history.attempt = 3;
    clock.advance(12);
    const now = clock.now();
    const [place] = add(first, second);
    sendBuffer.send(0);
    const [frame] = channel.frames as [Frame];
    expect(row(frame, 0)).toEqual([1001, 5 | (1 << 16), 1, 0, first.inputBytes]);
    expect(row(frame, 1)).toEqual([1002, 5 | (3 << 16), 2, 0, second.inputBytes]);
    expect([place?.assignedAt, place?.sentAt]).toEqual([now, frame.sentAt]);
  });

  it('bear the flags of what the worker has to know', () => {
    const { give, add, sendBuffer, channel } = open({ clones: true });
    add(
      give('plain'),
      give('may run twice', undefined, 'twice'),
      give('may run twice, and its start is watched', { deadline: { hostMs: 5, epochMs: 6 } }, 'twice'),
      give([Buffer.alloc(LARGE_BYTES)]),
      give(new SharedArrayBuffer(4)),
    );
    sendBuffer.send(CALM);
    const words = Array.from(
      { length: 5 },
      (_, at) => (row(channel.frames[0] as Frame, at)[1] ?? 0) & 0xffff & ~HANDLER_MASK,
    );
    expect(words).toEqual([CALM, CALM | IDEMPOTENT, CALM, CALM | CLAIM_ALONE, CALM | CLAIM_ALONE]);
    const { extras } = channel.frames[0]?.body as { extras: Map<number, unknown> };
    expect([...extras.keys()]).toEqual([2, 3, 4]);
    expect(extras.get(2)).toMatchObject({ deadline: 6 });
  });

  it('have inputs that lie one behind the other sent as one piece', () => {
    const { give, add, sendBuffer, channel, receive } = open();
    const tasks = Array.from({ length: 50 }, (_, n) => give(`input ${n}`));
    add(...tasks);
    sendBuffer.send(0);
    expect(channel.cargos[0]?.values?.length).toBe(2);
    // One in the middle went to another worker, and one went ahead of the others.
    const more = Array.from({ length: 5 }, (_, n) => give(`more ${n}`));
    add(more[4] as Task, more[0] as Task, more[1] as Task, more[3] as Task);
    sendBuffer.send(0);
    expect(channel.cargos[1]?.values?.length).toBe(4);
    expect(receive()).toEqual([tasks.map((_, n) => `input ${n}`), ['more 4', 'more 0', 'more 1', 'more 3']]);
  });

  it('may have inputs in several chunks, some of them without any bytes', () => {
    const { give, add, sendBuffer, channel, receive } = open({ clones: true });
    const memory = new SharedArrayBuffer(4);
    const inputs = ['a', memory, 'b'.repeat(60_000), 'c', memory, 'd'.repeat(60_000), memory, 'e'];
    add(...inputs.map((input) => give(input)));
    sendBuffer.send(0);
    expect(channel.frames).toHaveLength(1);
    expect(receive()).toEqual([inputs]);
  });

  it('go in further frames beyond 64 MiB, large views counted; one that is larger goes alone', () => {
    const { give, add, sendBuffer, channel, receive } = open();
    const inputs = [30, 30, 30, 70, 1, 1].map((size, n) => Buffer.alloc(size * MIB, n));
    add(...inputs.map((input) => give(input, { borrow: true })));
    sendBuffer.send(0);
    expect(channel.frames.map(({ meta }) => meta.length / TASK_WORDS)).toEqual([2, 1, 1, 2]);
    const received = receive().flat() as Buffer[];
    expect(received.map((value) => [value.length, value[0], value.at(-1)])).toEqual(
      inputs.map((value, n) => [value.length, n, n]),
    );
  });
});

describe('a task that is taken back before it left', () => {
  it('is not sent; the others are', () => {
    const { give, add, sendBuffer, receive } = open();
    const [first, second] = add(give('a'), give('b'), give('c')) as [InFlightEntry, InFlightEntry];
    expect(sendBuffer.remove(second)).toBe(true);
    expect(sendBuffer.remove(second)).toBe(false);
    sendBuffer.send(0);
    expect(sendBuffer.remove(first)).toBe(false);
    expect(receive()).toEqual([['a', 'c']]);
  });
});

describe('shapes of inputs', () => {
  const point = (n: number): object => ({ x: n, y: n });

  it('are defined once to each worker, before the first input that has them', () => {
    const { give, worker, add, sendBuffer, channel, receive } = open();
    const other = worker();
    add(...[1, 2, 3].map((n) => give(point(n))));
    sendBuffer.send(0);
    add(give(point(4)));
    sendBuffer.send(0);
    expect(channel.frames.map(({ values }) => values.readUInt32LE(0) > 0)).toEqual([true, false]);
    expect(receive()).toEqual([[point(1), point(2), point(3)], [point(4)]]);
    // Another worker has heard of none of them.
    other.add(give(point(5)));
    other.sendBuffer.send(0);
    expect(other.channel.frames[0]?.values.readUInt32LE(0)).toBeGreaterThan(0);
    expect(other.receive()).toEqual([[point(5)]]);
  });

  it('are defined again when the frame that should have told of them could not be sent', () => {
    const { give, add, sendBuffer, channel, receive, refused } = open({ clones: true });
    add(...[1, 2, 3].map((n) => give(point(n))), give(new SharedArrayBuffer(4)));
    // A port refuses the last one, and with it the frame.
    channel.isRefused = ({ meta }) => [...meta].includes(1004);
    sendBuffer.send(0);
    expect(refused.map(([wireId]) => wireId)).toEqual([1004]);
    expect(receive()).toEqual([[point(1)], [point(2)], [point(3)]]);
  });
});

describe('large views of inputs', () => {
  const fills = (value: unknown): unknown => (value as Buffer[]).map((view) => [view.length, view[0], view.at(-1)]);

  it('go through the arena, and beside the frame where that has no room', () => {
    const { give, add, sendBuffer, channel, receive } = open({ arena: 2 * MIB });
    add(give([Buffer.alloc(MIB, 1), Buffer.alloc(2 * MIB, 2), Buffer.alloc(MIB, 3)]), give([Buffer.alloc(MIB, 4)]));
    sendBuffer.send(0);
    expect(channel.frames[0]?.beside.map(({ byteLength }) => byteLength)).toEqual([2 * MIB, MIB]);
    expect(receive()[0]?.map(fills)).toEqual([
      [
        [MIB, 1, 1],
        [2 * MIB, 2, 2],
        [MIB, 3, 3],
      ],
      [[MIB, 4, 4]],
    ]);
  });

  it('are there still when their task is sent again', () => {
    const { give, worker, add, sendBuffer, receive } = open();
    const task = give([Buffer.alloc(MIB, 1)]);
    add(task);
    sendBuffer.send(0);
    const other = worker();
    other.add(task);
    other.sendBuffer.send(0);
    expect([receive(), other.receive()].map((frames) => fills(frames[0]?.[0]))).toEqual(Array(2).fill([[MIB, 1, 1]]));
  });
});

describe('large inputs without large views', () => {
  const text = (letter: string): string => letter.repeat(LARGE_BYTES);
  const lengthOf = ({ values }: Frame): number => values.length;

  it('go through the arena as they are, between small ones of the same frame', () => {
    const { give, add, sendBuffer, channel, receive } = open({ arena: 2 * MIB });
    const inputs = ['a', text('b'), 'c', { d: text('ж'), e: Buffer.alloc(LARGE_BYTES, 5) }, 'f'];
    add(...inputs.map((input) => give(input)));
    sendBuffer.send(0);
    expect(channel.frames.map(lengthOf).every((length) => length < 100)).toBe(true);
    expect(receive()).toEqual([inputs]);
  });

  it('go with the frame where the arena has no room', () => {
    const { give, add, sendBuffer, channel, receive } = open({ arena: LARGE_BYTES });
    add(give(text('a')), give(text('b')));
    sendBuffer.send(0);
    expect(channel.frames.map(lengthOf)).toEqual([expect.any(Number)]);
    expect(lengthOf(channel.frames[0] as Frame)).toBeGreaterThan(2 * LARGE_BYTES);
    expect(receive()).toEqual([[text('a'), text('b')]]);
  });

  it('are claimed alone: they are decoded before their start is', () => {
    const { give, add, sendBuffer, channel } = open({ arena: 2 * MIB });
    add(give('a'), give(text('b')));
    sendBuffer.send(0);
    const frame = channel.frames[0] as Frame;
    expect([0, 1].map((at) => ((row(frame, at)[1] ?? 0) & CLAIM_ALONE) !== 0)).toEqual([false, true]);
  });

  it('are there still when their task is sent again', () => {
    const { give, worker, add, sendBuffer, receive } = open({ arena: 2 * MIB });
    const task = give(text('a'));
    add(task);
    sendBuffer.send(0);
    const other = worker();
    other.add(task);
    other.sendBuffer.send(0);
    expect([receive(), other.receive()]).toEqual([[[text('a')]], [[text('a')]]]);
  });
});

describe('an input that only a port can carry', () => {
  it('is moved when it leaves, and its task is spent then', () => {
    const { give, add, sendBuffer, receive } = open({ clones: true });
    const pixels = new Uint8Array(1000).fill(3);
    const task = give({ pixels }, { transfer: [pixels.buffer] });
    const other = give(new SharedArrayBuffer(4));
    add(task, other);
    expect([pixels.length, task.isSpent]).toEqual([0, false]);
    sendBuffer.send(0);
    expect([task.isSpent, other.isSpent]).toEqual([true, false]);
    expect((receive()[0]?.[0] as { pixels: Uint8Array }).pixels).toEqual(new Uint8Array(1000).fill(3));
  });

  it('and is refused costs its own task only; its neighbours are sent one by one', () => {
    const { give, add, sendBuffer, channel, receive, refused } = open({ clones: true });
    const [, bad] = add(give('a'), give(new SharedArrayBuffer(4)), give('c'), give('d'));
    channel.isRefused = ({ meta }) => [...meta].includes(1002);
    sendBuffer.send(CALM);
    expect(refused).toEqual([[1002, { reason: 'The port refuses it.' }]]);
    expect(receive()).toEqual([['a'], ['c'], ['d']]);
    expect(bad?.sentAt).toBeNaN();
  });
});

describe('tasks of one call', () => {
  const MIXED = 64 * MIB;

  it('are marked as such, behind the first of them, and only while they follow one another', () => {
    const { give, add, sendBuffer, channel } = open();
    const [one, other] = [new BatchCall(3, 3), new BatchCall(1, 1)];
    const places = add(give('a'), give('b'), give('c'), give('d'), give('e'));
    for (const [index, call] of [one, one, other, one, undefined].entries()) {
      (places[index] as InFlightEntry).call = call;
    }
    sendBuffer.send(0);
    const marks = Array.from(
      { length: 5 },
      (_, at) => ((row(channel.frames[0] as Frame, at)[1] ?? 0) & SAME_CALL) !== 0,
    );
    expect(marks).toEqual([false, true, false, false, false]);
  });

  it('send the input of one key once, small or large', () => {
    const { give, add, sendBuffer, channel } = open({ arena: 4 * MIB });
    const call = new BatchCall(5, 2);
    const large = 'x'.repeat(2 * LARGE_BYTES);
    const keyed = (key: string, input: unknown): Task => give(input, { batch: { key, input: undefined } });
    for (const place of add(
      keyed('a', 'first'),
      keyed('b', large),
      keyed('a', 'second'),
      keyed('b', large),
      give('own'),
    ))
      place.call = call;
    sendBuffer.send(0);
    const [frame] = channel.frames as [Frame];
    const extras = (frame.body as { extras: Map<number, { sameAs?: number; whole?: object }> }).extras;
    expect([...extras].map(([at, { sameAs, whole }]) => [at, sameAs, whole === undefined])).toEqual([
      [1, undefined, false],
      [2, 2, true],
      [3, 2, true],
    ]);
    expect([0, 1, 2, 3, 4].map((at) => (row(frame, at)[4] ?? 0) > 0)).toEqual([true, false, false, false, true]);
  });

  it('go with their own inputs in another call', () => {
    const { give, add, sendBuffer, channel } = open();
    for (const call of [new BatchCall(1, 1), new BatchCall(1, 1)]) {
      for (const place of add(give('same', { batch: { key: 'a', input: undefined } }))) place.call = call;
    }
    sendBuffer.send(0);
    expect(channel.frames[0]?.body).toBeUndefined();
  });

  it('are not cut where a frame is full, unless they fill it', () => {
    const { give, add, sendBuffer, channel } = open();
    const half = (): Task =>
      Object.assign(give('x'), { inputBytes: 0, aside: { views: [new Uint8Array(MIXED / 2 - 8)] } });
    const call = new BatchCall(2, 2);
    const places = add(give('alone'), half(), half(), give('y'));
    for (const place of places.slice(1, 3)) place.call = call;
    sendBuffer.send(0);
    expect(channel.frames.map(({ meta }) => meta.length / TASK_WORDS)).toEqual([4]);
    const more = add(half(), half(), half());
    for (const place of more.slice(1)) place.call = call;
    sendBuffer.send(0);
    expect(channel.frames.slice(1).map(({ meta }) => meta.length / TASK_WORDS)).toEqual([1, 2]);
  });
});
