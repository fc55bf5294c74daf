import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDecoder } from '../../src/codec/open-codec.js';
import { InputMemory, REUSED_BYTES } from '../../src/task/input-memory.js';
import type { Task } from '../../src/task/task.js';
import { TaskRegistry } from '../../src/task/task-registry.js';
import { FakeClock } from '../support/fake-clock.js';
import { optionsOf, TaskMaker } from '../support/tasks.js';

const MIB = 2 ** 20;

/** The tasks of a pool, and the memory of their large inputs. */
function open() {
  const clock = new FakeClock();
  const memory = new InputMemory(clock);
  const registry = new TaskRegistry({ memory, onAbort: () => {}, onPendingChange: () => {} });
  const maker = new TaskMaker(optionsOf(), () => 0, memory);
  const enter = (input: unknown, extras = {}): Task => {
    const { task } = maker.make('work', input, extras);
    registry.enter(task);
    return task;
  };
  const pieceOf = ({ aside }: Task): ArrayBufferLike | undefined => aside?.views?.[0]?.buffer;
  return { clock, memory, registry, enter, pieceOf };
}

describe('the memory of a large view', () => {
  it('serves the next one when its task has settled, and no earlier', () => {
    const { registry, enter, pieceOf } = open();
    const first = enter(Buffer.alloc(MIB, 1));
    const piece = pieceOf(first);
    const second = enter(Buffer.alloc(MIB, 2));
    expect(pieceOf(second)).not.toBe(piece);
    registry.complete(first, undefined);
    const third = enter(Buffer.alloc(MIB, 3));
    expect(pieceOf(third)).toBe(piece);
    expect(second.aside?.views?.[0]?.every((byte) => byte === 2)).toBe(true);
    expect(third.aside?.views?.[0]?.every((byte) => byte === 3)).toBe(true);
  });

  it.each(['complete', 'fail', 'cancel'] as const)('is lost to the task by %s: nothing can send it again', (end) => {
    const { registry, memory, enter } = open();
    const task = enter({ a: Buffer.alloc(MIB), text: 'x'.repeat(REUSED_BYTES) });
    registry[end](task, undefined);
    expect([task.aside, task.chunk]).toEqual([undefined, undefined]);
    expect(memory.freeBytes).toBeGreaterThan(MIB + REUSED_BYTES);
  });

  it('serves a view of half its length, and none that is smaller or longer', () => {
    const { registry, enter, pieceOf } = open();
    const task = enter(Buffer.alloc(MIB));
    const piece = pieceOf(task);
    registry.complete(task, undefined);
    expect(pieceOf(enter(Buffer.alloc(MIB / 2 - 1)))).not.toBe(piece);
    expect(pieceOf(enter(Buffer.alloc(MIB + 1)))).not.toBe(piece);
    const half = enter(Buffer.alloc(MIB / 2, 7));
    expect(pieceOf(half)).toBe(piece);
    expect(half.totalBytes).toBe(half.inputBytes + MIB / 2);
  });

  it("stays the caller's if it is borrowed", () => {
    const { memory, registry, enter, pieceOf } = open();
    const view = Buffer.alloc(MIB);
    const task = enter(view, { borrow: true });
    expect(pieceOf(task)).toBe(view.buffer);
    registry.complete(task, undefined);
    expect(memory.freeBytes).toBe(0);
  });

  it("is not taken back from a broadcast's task, whose twins share it", () => {
    const { memory, registry, enter } = open();
    const task = enter({ view: Buffer.alloc(MIB), text: 'x'.repeat(REUSED_BYTES) }, { pinned: true });
    const { chunk, aside } = task;
    registry.complete(task, undefined);
    expect([task.chunk, task.aside]).toEqual([chunk, aside]);
    expect(memory.freeBytes).toBe(0);
  });
});

describe('the memory of a long text', () => {
  it('serves the next one when its task has settled', () => {
    const { registry, enter } = open();
    const first = enter({ text: 'a'.repeat(200_000) });
    const { chunk } = first;
    registry.complete(first, undefined);
    const second = enter({ text: 'b'.repeat(190_000) });
    expect(second.chunk?.buffer).toBe(chunk?.buffer);
    expect(second.chunk?.toString('latin1', second.inputAt + 1000, second.inputAt + 1003)).toBe('bbb');
  });

  it('that outgrew a piece leaves that piece to the next input', () => {
    const { memory, registry, enter } = open();
    // Written text by text, into one piece after the other.
    const list = (letter: string): string[] => Array.from({ length: 10 }, () => letter.repeat(20_000));
    const first = enter(list('a'));
    expect(memory.freeBytes).toBeGreaterThan(0);
    const second = enter(list('b'));
    expect(first.chunk?.includes('bbb')).toBe(false);
    registry.complete(first, undefined);
    registry.complete(second, undefined);
    const free = memory.freeBytes;
    registry.complete(enter(list('c')), undefined);
    expect(memory.freeBytes).toBe(free);
  });

  it('is not shared with a small input behind it', () => {
    const { enter } = open();
    const large = enter({ text: 'a'.repeat(REUSED_BYTES) });
    expect(enter('small').chunk).not.toBe(large.chunk);
  });

  it('of a small input stays, because others share it', () => {
    const { memory, registry, enter } = open();
    const small = enter('small');
    const other = enter('other');
    registry.complete(small, undefined);
    expect(memory.freeBytes).toBe(0);
    expect(other.chunk?.toString('latin1')).toContain('other');
  });
});

describe('memory that waits for the next inputs', () => {
  it('is 128 MiB at most, in 64 pieces at most; the oldest go', () => {
    const { memory, registry, enter } = open();
    const settle = (bytes: number, count: number): void => {
      const tasks = Array.from({ length: count }, () => enter(Buffer.alloc(bytes)));
      for (const task of tasks) registry.complete(task, undefined);
    };
    settle(40 * MIB, 4);
    expect(memory.freeBytes).toBe(120 * MIB);
    settle(129 * MIB, 1);
    expect(memory.freeBytes).toBe(120 * MIB);
    settle(REUSED_BYTES, 100);
    expect(memory.freeBytes).toBe(64 * REUSED_BYTES);
  });

  it('goes back to the system at once where memory is short', () => {
    const { memory, registry, enter } = open();
    const task = enter(Buffer.alloc(MIB));
    registry.complete(task, undefined);
    memory.drop();
    expect(memory.freeBytes).toBe(0);
    registry.complete(enter(Buffer.alloc(MIB)), undefined);
    expect(memory.freeBytes).toBe(MIB);
  });

  it('goes back to the system as far as nothing needed it for a second', () => {
    const { clock, memory, registry, enter } = open();
    const settle = (count: number): void => {
      const tasks = Array.from({ length: count }, () => enter(Buffer.alloc(MIB)));
      for (const task of tasks) registry.complete(task, undefined);
    };
    settle(10);
    clock.advance(500);
    settle(3);
    clock.advance(500);
    // Since the first of ten came back, one piece was free throughout.
    expect(memory.freeBytes).toBe(9 * MIB);
    settle(3);
    clock.advance(1000);
    expect(memory.freeBytes).toBe(3 * MIB);
    settle(3);
    clock.advance(1000);
    expect(memory.freeBytes).toBe(3 * MIB);
    clock.advance(1000);
    expect([memory.freeBytes, clock.timers]).toEqual([0, 0]);
  });

  it('goes back to the system after a second without large inputs, and then no timer is left', () => {
    const { clock, memory, registry, enter } = open();
    const use = (): void => registry.complete(enter(Buffer.alloc(MIB)), undefined);
    use();
    clock.advance(900);
    use();
    clock.advance(900);
    expect(memory.freeBytes).toBe(MIB);
    clock.advance(200);
    expect([memory.freeBytes, clock.timers]).toEqual([0, 0]);
    use();
    expect([memory.freeBytes, clock.timers]).toEqual([MIB, 1]);
  });
});

describe('memory that was given back', () => {
  const FORMS: Record<string, (size: number, byte: number) => unknown> = {
    text: (size, byte) => String.fromCharCode(byte).repeat(size),
    'text of V8': (size, byte) => new Set([String.fromCharCode(byte).repeat(size)]),
    list: (size, byte) => new Array<number>(size >> 2).fill(byte),
    view: (size, byte) => new Uint8Array(size).fill(byte),
    'view and text': (size, byte) => [new Uint8Array(size).fill(byte), String.fromCharCode(byte).repeat(size)],
  };
  /** Sizes at which an input just fills a chunk that others could share, and any others. */
  const size = fc.oneof(
    fc.integer({ min: REUSED_BYTES - 40, max: REUSED_BYTES + 10 }),
    fc.integer({ min: 0, max: 3 * REUSED_BYTES }),
  );
  const step = fc.record({ size, form: fc.constantFrom(...Object.keys(FORMS)), settles: fc.nat({ max: 3 }) });

  it('has no bytes of a task that has not settled', () => {
    const decoder = openDecoder('structured');
    const read = ({ chunk, inputAt, inputBytes, aside }: Task): unknown => {
      if (aside?.clone !== undefined) return aside.clone.value;
      return decoder.decode(chunk as Buffer, inputAt, inputAt + inputBytes, (index) => {
        const view = aside?.views?.[index] as Uint8Array;
        return view.slice().buffer;
      });
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const { memory, registry, enter } = open();
        const waiting: { task: Task; input: unknown }[] = [];
        for (const [index, { size: length, form, settles }] of steps.entries()) {
          const input = FORMS[form]?.(length, 65 + index);
          waiting.push({ task: enter(input), input });
          for (const { task } of waiting.splice(0, settles - 1)) {
            const before = memory.freeBytes;
            const pieces = [task.inputBytes < REUSED_BYTES ? undefined : task.chunk?.buffer];
            for (const view of task.aside?.views ?? []) pieces.push(view.buffer);
            registry.complete(task, undefined);
            // The next input would do the same to it.
            for (const piece of pieces) if (piece !== undefined) new Uint8Array(piece).fill(0xee);
            if (pieces.some((piece) => piece !== undefined)) expect(memory.freeBytes).toBeGreaterThan(before);
          }
          for (const { task, input: given } of waiting) expect(isDeepStrictEqual(read(task), given)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
