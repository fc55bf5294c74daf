import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LARGE_BYTES } from '../../src/codec/arena.js';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import { Sink } from '../../src/codec/sink.js';
import type { CodecName } from '../../src/contract/codec.js';
import { InputMemory } from '../../src/task/input-memory.js';
import { InputWriter } from '../../src/task/input-writer.js';
import { Task } from '../../src/task/task.js';
import type { TaskExtras } from '../../src/task/task-terms.js';
import { FakeClock } from '../support/fake-clock.js';
import { TaskMaker } from '../support/tasks.js';

const LIMIT = 2 ** 20;
const OWN_CODEC: CodecName = {
  moduleUrl: pathToFileURL(`${import.meta.dirname}/../fixtures/codecs/one-buffer.cjs`).href,
};

/** The writer of a pool whose workers are threads (`clones`), or processes. */
function open({ clones = false, codec = 'structured' }: { clones?: boolean; codec?: CodecName } = {}) {
  const encoder = openEncoder(codec, LIMIT);
  const writer = new InputWriter(encoder, clones, new InputMemory(new FakeClock()));
  const maker = new TaskMaker();
  const make = (extras?: TaskExtras): Task =>
    new Task(
      1,
      maker.type('work'),
      extras,
      0,
      () => {},
      () => {},
    );
  /** A task with this input. */
  const give = (input: unknown, extras?: TaskExtras): Task => {
    const task = make(extras);
    expect(writer.write(task, input)).toBeUndefined();
    return task;
  };
  /** What a worker would read of it. */
  const read = ({ chunk, inputAt, inputBytes, aside }: Task): unknown => {
    const decoder = openDecoder(codec);
    const shapes = new Sink();
    encoder.writeShapes(0, shapes);
    if (shapes.at > 0) decoder.defineShapes(shapes.bytes, 0, shapes.at);
    return decoder.decode(chunk as Buffer, inputAt, inputAt + inputBytes, (index) => {
      return (aside?.views?.[index] as Uint8Array).slice().buffer;
    });
  };
  return { writer, make, give, read };
}

describe('an input', () => {
  it('is taken down at the call: what happens to it later reaches no handler', () => {
    const { give, read } = open();
    const input = { n: 1, list: [1, 2], small: new Uint8Array(10).fill(1), large: new Uint8Array(LARGE_BYTES).fill(1) };
    const task = give(input);
    input.n = 2;
    input.list.push(3);
    input.small.fill(2);
    input.large.fill(2);
    const arrived = read(task) as typeof input;
    expect([arrived.n, arrived.list, arrived.small[9], arrived.large[0], arrived.large.at(-1)]).toEqual([
      1,
      [1, 2],
      1,
      1,
      1,
    ]);
  });

  it('that is a large Buffer, or a part of one, is copied, and no more than that part', () => {
    const { give, read } = open();
    const whole = Buffer.alloc(4 * LARGE_BYTES, 1);
    const part = whole.subarray(LARGE_BYTES, 2 * LARGE_BYTES);
    const task = give(part);
    whole.fill(2);
    expect(task.aside?.views?.map(({ length, buffer }) => [length, buffer.byteLength])).toEqual([
      [LARGE_BYTES, LARGE_BYTES],
    ]);
    const arrived = read(task) as Buffer;
    expect([Buffer.isBuffer(arrived), arrived.length, arrived.every((byte) => byte === 1)]).toEqual([
      true,
      LARGE_BYTES,
      true,
    ]);
    expect(task.totalBytes).toBe(task.inputBytes + LARGE_BYTES);
  });

  it('that is a long text stays a text for a thread, and becomes bytes for all others', () => {
    const text = 'x'.repeat(100_000);
    const thread = open({ clones: true });
    const task = thread.give(text);
    expect([task.aside?.clone?.value === text, task.chunk, task.totalBytes]).toEqual([true, undefined, 100_000]);
    expect(thread.read(thread.give('short'))).toBe('short');
    expect(thread.writer.write(thread.make(), 'x'.repeat(LIMIT + 1))).toMatchObject({ limitBytes: LIMIT });
    const process = open();
    const given = process.give(text);
    // As booleans: the comparison of two such texts for a message takes minutes.
    expect([given.aside, process.read(given) === text]).toEqual([undefined, true]);
    expect(open({ clones: true, codec: OWN_CODEC }).give(text).aside).toBeUndefined();
  });

  it('that is lent is not copied where it is large', () => {
    const { give, read } = open();
    const large = new Uint8Array(LARGE_BYTES).fill(1);
    const task = give({ n: 1, large }, { borrow: true });
    expect(task.aside?.views?.[0]?.buffer).toBe(large.buffer);
    large.fill(2);
    expect((read(task) as { large: Uint8Array }).large[0]).toBe(2);
  });

  it('gives the reason when it cannot be sent, and leaves no trace of itself', () => {
    const { writer, make, give, read } = open();
    const before = give({ a: 'before' });
    const bad = make();
    expect(writer.write(bad, { deep: [() => {}] })?.reason).toContain('input.deep[0]');
    expect(writer.write(bad, 'x'.repeat(LIMIT + 1))).toMatchObject({ limitBytes: LIMIT });
    const after = give({ a: 'after' });
    expect([read(before), read(after)]).toEqual([{ a: 'before' }, { a: 'after' }]);
    expect([bad.chunk, bad.inputBytes, bad.aside]).toEqual([undefined, 0, undefined]);
  });

  it('of a codec of one’s own, which uses one buffer for all, is its own', () => {
    const { give, read } = open({ codec: OWN_CODEC });
    const tasks = ['one', 'twofold', ''].map((text) => give(text));
    expect(tasks.map(read)).toEqual(['one', 'twofold', '']);
  });
});

describe('inputs that wait together', () => {
  it.each([
    { what: 'some bytes', least: 0, chunkBytes: 8 * 1024 },
    { what: 'a kilobyte', least: 1000, chunkBytes: 64 * 1024 },
  ])('lie one behind the other in chunks that they share: $chunkBytes bytes for inputs of $what', (scene) => {
    const { give, read } = open();
    const inputs = Array.from({ length: 5000 }, (_, n) => `input ${n} ${'x'.repeat(scene.least + (n % 90))}`);
    const tasks = inputs.map((input) => give(input));
    const chunks = new Set(tasks.map(({ chunk }) => chunk));
    const bytes = tasks.reduce((sum, { inputBytes }) => sum + inputBytes, 0);
    // The first chunk is a small one, whatever follows.
    expect(new Set([...chunks].slice(1).map((chunk) => chunk?.length))).toEqual(new Set([scene.chunkBytes]));
    expect(chunks.size).toBeLessThanOrEqual(1 + Math.ceil(bytes / (0.915 * scene.chunkBytes)));
    for (const [n, task] of tasks.entries()) {
      const before = tasks[n - 1];
      if (before !== undefined && before.chunk === task.chunk)
        expect(task.inputAt).toBe(before.inputAt + before.inputBytes);
    }
    expect(tasks.map(read)).toEqual(inputs);
  });

  it('have large chunks again once they are longer, and small ones once they are short', () => {
    const { give } = open();
    const lengthAfter = (bytes: number): number => {
      let last = 0;
      for (let n = 0; n < 2000; n++) last = give('x'.repeat(bytes)).chunk?.length ?? 0;
      return last;
    };
    expect([lengthAfter(10), lengthAfter(1000), lengthAfter(10)].map((bytes) => bytes / 1024)).toEqual([8, 64, 8]);
  });

  it('do not share a large one’s chunk, which would keep it for as long as any of them waits', () => {
    const { give, read } = open();
    const small = [give('before')];
    const large = give('x'.repeat(500_000));
    small.push(give('after'), give('after that'));
    for (const task of small) {
      expect(task.chunk).not.toBe(large.chunk);
      expect(task.chunk?.length).toBeLessThan(100_000);
    }
    expect([...small, large].map(read)).toEqual(['before', 'after', 'after that', 'x'.repeat(500_000)]);
  });
});

describe('an input that no codec can carry', () => {
  it('is held as it was at the call, for a thread', () => {
    const { give } = open({ clones: true });
    const memory = new SharedArrayBuffer(8);
    const input = { memory, n: 1 };
    const task = give(input);
    input.n = 2;
    new Uint8Array(memory)[0] = 7;
    const { value } = task.aside?.clone as { value: typeof input };
    expect([value.n, new Uint8Array(value.memory)[0], task.aside?.transfer, task.isOneShot]).toEqual([
      1,
      7,
      undefined,
      false,
    ]);
    expect(task.totalBytes - task.inputBytes).toBe(0);
  });

  it('is refused for a process, and for a thread where no port can carry it either, or it is too large', () => {
    const process = open();
    expect(process.writer.write(process.make(), new SharedArrayBuffer(8))?.reason).toContain('"thread"');
    const thread = open({ clones: true });
    expect(thread.writer.write(thread.make(), [() => {}])?.reason).toContain('input[0]');
    expect(thread.writer.write(thread.make(), 'x'.repeat(LIMIT + 1))).toMatchObject({ limitBytes: LIMIT });
    const deep = Array.from({ length: 2000 }).reduce((inner: object) => ({ inner }), {});
    expect(thread.writer.write(thread.make(), deep)?.reason).toEqual(expect.any(String));
    // What a codec of one's own refuses does not pass it by.
    const own = open({ clones: true, codec: OWN_CODEC });
    expect(own.writer.write(own.make(), 5)?.reason).toContain('its codec threw');
  });
});

describe('an input of which something is moved', () => {
  it('is the caller’s no more from the call on', () => {
    const { give } = open({ clones: true });
    const pixels = new Uint8Array(1000).fill(3);
    const { port1, port2 } = new MessageChannel();
    const input = { pixels, port1, n: 1 };
    const task = give(input, { transfer: [pixels.buffer, port1 as never] });
    input.n = 2;
    expect([pixels.length, task.isOneShot, task.inputBytes]).toEqual([0, true, 0]);
    const { value } = task.aside?.clone as { value: typeof input };
    expect([value.pixels, value.n]).toEqual([new Uint8Array(1000).fill(3), 1]);
    // What moves when it leaves is that copy's own.
    expect(task.aside?.transfer).toEqual([value.pixels.buffer, value.port1]);
    port2.close();
  });

  it('stays with its caller where it cannot be moved', () => {
    const { writer, make } = open({ clones: true });
    const pixels = new Uint8Array(1000);
    const task = make({ transfer: [pixels.buffer, {} as never] });
    expect(writer.write(task, { pixels })?.reason).toEqual(expect.any(String));
    expect(pixels.length).toBe(1000);
  });
});
