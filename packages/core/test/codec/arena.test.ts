import * as fs from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Arena, type ArenaFiles, LARGE_BYTES } from '../../src/codec/arena.js';
import { openMemoryFile } from '../../src/transport/memory-file.js';

vi.mock('../../src/base/natives.js', async (original) =>
  (await import('../support/live-natives.js')).withLiveTime(original),
);

const MIB = 2 ** 20;

/** A chunk on its way. */
interface Sent {
  place: { number: number; at: number };
  bytes: number;
}

/** Two arenas that face each other, as those of a parent and its worker do. */
function open({ capacity, ...files }: Partial<ArenaFiles> & { capacity?: number } = {}) {
  const fds = [openMemoryFile(Buffer.alloc(4096)), openMemoryFile(Buffer.alloc(4096))] as const;
  const here = new Arena(fds[0], fds[1], { ...fs, ...files }, capacity);
  const there = new Arena(fds[1], fds[0]);
  onTestFinished(() => {
    here.close();
    there.close();
    for (const fd of fds) fs.closeSync(fd);
  });
  /** Writes a chunk; undefined when it finds no room. */
  const send = (value: Uint8Array): Sent | undefined => {
    const place = here.write(value);
    return place && { place, bytes: value.length };
  };
  const receive = ({ place, bytes }: Sent): Buffer => Buffer.from(there.read(place.number, place.at, bytes));
  const pass = (value: Uint8Array): Buffer => receive(send(value) as Sent);
  return { here, there, send, receive, pass, bytesInFile: () => fs.fstatSync(fds[0]).size };
}

/** Its length, its first byte and its last. */
function ends(value: Uint8Array): unknown[] {
  return [value.length, value[0], value.at(-1)];
}

afterEach(() => void vi.useRealTimers());

describe('a chunk', () => {
  it('arrives as it was, in memory of its own that holds nothing else', () => {
    const { there, pass, send } = open();
    const whole = new Uint8Array(LARGE_BYTES + 64).map((_, at) => at % 251);
    const view = whole.subarray(16, 16 + LARGE_BYTES);
    expect(pass(view).equals(Buffer.from(view))).toBe(true);
    const { place, bytes } = send(view) as Sent;
    const memory = there.read(place.number, place.at, bytes);
    expect(memory.byteLength).toBe(LARGE_BYTES);
    send(Buffer.alloc(LARGE_BYTES, 9));
    expect(Buffer.from(memory).equals(Buffer.from(view))).toBe(true);
  });

  it('that is read briefly lies in memory that serves again', () => {
    const { there, send } = open();
    const brief = (byte: number, length: number): Buffer => {
      const { place, bytes } = send(Buffer.alloc(length, byte)) as Sent;
      return there.readBriefly(place.number, place.at, bytes).subarray(0, bytes);
    };
    const first = brief(1, LARGE_BYTES);
    expect(ends(first)).toEqual([LARGE_BYTES, 1, 1]);
    const second = brief(2, LARGE_BYTES);
    expect(second.buffer).toBe(first.buffer);
    expect(ends(second)).toEqual([LARGE_BYTES, 2, 2]);
    // A larger one than the scratch may be has memory of its own.
    expect(ends(brief(3, 2 * MIB))).toEqual([2 * MIB, 3, 3]);
    expect(ends(second)).toEqual([LARGE_BYTES, 2, 2]);
  });

  it('may be of any size, and go both ways at once', () => {
    const { here, there, send, receive } = open();
    for (const size of [1, 4095, 4096, 4097, MIB + 1]) {
      const back = there.write(Buffer.alloc(size, 2)) as Sent['place'];
      expect(ends(receive(send(Buffer.alloc(size, 1)) as Sent))).toEqual([size, 1, 1]);
      expect(ends(new Uint8Array(here.read(back.number, back.at, size)))).toEqual([size, 2, 2]);
    }
  });

  it('that does not lie where it should is an error, and no endless wait', () => {
    const { receive } = open();
    expect(() => receive({ place: { number: 0, at: 0 }, bytes: MIB })).toThrow('should lie in the arena');
  });
});

describe('the arena', () => {
  it('is used again for what comes later, so that its file does not grow', () => {
    const { pass, bytesInFile } = open();
    for (let n = 0; n < 50; n++) expect(ends(pass(Buffer.alloc(MIB, n)))).toEqual([MIB, n, n]);
    expect(bytesInFile()).toBeLessThan(2 * MIB);
  });

  it('brings everything whole in whatever order chunks are written and read', () => {
    const step = fc.oneof(
      fc.record({ sizes: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }) }),
      fc.constant('read'),
    );
    let refused = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { send, receive } = open({ capacity: 4 * MIB });
        const onTheirWay: { sent: Sent; fill: number }[] = [];
        let fill = 0;
        for (const step of steps) {
          if (typeof step === 'object') {
            for (const size of step.sizes) {
              const sent = send(Buffer.alloc(size * 4 * LARGE_BYTES, ++fill));
              if (sent === undefined) refused++;
              else onTheirWay.push({ sent, fill: fill & 0xff });
            }
          } else {
            const next = onTheirWay.shift();
            if (next === undefined) continue;
            expect(receive(next.sent).every((byte) => byte === next.fill)).toBe(true);
          }
        }
      }),
      { numRuns: 20 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it('that has no room takes nothing, and takes on when what it holds was read', () => {
    const { send, receive } = open({ capacity: MIB });
    const sent = [1, 2, 3].map((n) => send(Buffer.alloc(MIB, n)));
    expect(sent.map((each) => each !== undefined)).toEqual([true, false, false]);
    expect(ends(receive(sent[0] as Sent))).toEqual([MIB, 1, 1]);
    expect(send(Buffer.alloc(MIB))).toBeDefined();
    expect(open({ capacity: MIB }).send(Buffer.alloc(MIB + 1))).toBeUndefined();
  });

  it.each([
    ['is full', () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })],
    ['takes nothing', () => undefined],
  ])('whose file system %s takes no more, and gives back what it took', (_what, failure) => {
    let left = 2.5 * MIB;
    const writeSync = ((fd: number, bytes: Uint8Array, from: number, length: number, at: number) => {
      const taken = at === 0 ? length : Math.min(length, left);
      if (taken === 0) {
        const error = failure();
        if (error === undefined) return 0;
        throw error;
      }
      left -= taken;
      return fs.writeSync(fd, bytes, from, taken, at);
    }) as typeof fs.writeSync;
    const { pass, send, receive, bytesInFile } = open({ writeSync });
    const sent = [1, 2, 3].map((n) => send(Buffer.alloc(MIB, n)));
    expect(sent.map((each) => each !== undefined)).toEqual([true, true, false]);
    expect(sent.slice(0, 2).map((each) => ends(receive(each as Sent)))).toEqual([1, 2].map((n) => [MIB, n, n]));
    expect(bytesInFile()).toBe(4096 + 2 * MIB);
    left = Infinity;
    expect(ends(pass(Buffer.alloc(MIB, 9)))).toEqual([MIB, 9, 9]);
    // What filled it is gone: the file grows again, and not only to what it had.
    let refused = 0;
    while (send(Buffer.alloc(4 * MIB)) === undefined) expect(++refused).toBeLessThan(1000);
    expect(refused).toBe(256);
  });

  it('takes back what was written and will not be sent', () => {
    const { here, pass, send, receive, bytesInFile } = open();
    const before = send(Buffer.alloc(LARGE_BYTES, 4)) as Sent;
    for (let n = 0; n < 20; n++) {
      const mark = here.mark();
      send(Buffer.alloc(LARGE_BYTES));
      send(Buffer.alloc(LARGE_BYTES));
      here.rollBack(mark);
    }
    here.rollBack(here.mark());
    expect(ends(receive(before))).toEqual([LARGE_BYTES, 4, 4]);
    expect(ends(pass(Buffer.alloc(MIB, 5)))).toEqual([MIB, 5, 5]);
    expect(bytesInFile()).toBeLessThan(2 * MIB);
  });

  it('goes on when a chunk is never read', () => {
    const { send, pass } = open({ capacity: 3 * MIB });
    send(Buffer.alloc(MIB));
    for (let n = 0; n < 10; n++) expect(pass(Buffer.alloc(MIB, n))[0]).toBe(n);
  });

  it('that is skipped leaves its place to others, with those before it', () => {
    const { there, send } = open({ capacity: 3 * MIB });
    const [, second] = [1, 2, 3].map((n) => send(Buffer.alloc(MIB, n)));
    expect(send(Buffer.alloc(MIB))).toBeUndefined();
    there.skip((second as Sent).place.number);
    expect([1, 2, 3].map((n) => send(Buffer.alloc(MIB, n)) !== undefined)).toEqual([true, true, false]);
  });

  it('takes nothing once it is closed', () => {
    const { here, send } = open();
    here.close();
    expect(send(Buffer.alloc(10))).toBeUndefined();
  });

  it('gives memory back that it has not needed for a second', () => {
    vi.useFakeTimers();
    const { pass, send, receive, bytesInFile } = open();
    pass(Buffer.alloc(64 * MIB));
    const sent = send(Buffer.alloc(32 * MIB, 6)) as Sent;
    vi.advanceTimersByTime(1000);
    expect(bytesInFile()).toBe(4096 + 64 * MIB);
    expect(receive(sent).at(-1)).toBe(6);
    vi.advanceTimersByTime(1000);
    expect([bytesInFile(), vi.getTimerCount()]).toEqual([4096 + 16 * MIB, 0]);
    expect(pass(Buffer.alloc(64 * MIB, 4)).at(-1)).toBe(4);
  });
});

describe('an arena whose file cannot be read any more', () => {
  const readSync = (() => {
    throw Object.assign(new Error('EBADF: bad file descriptor, read'), { code: 'EBADF' });
  }) as unknown as ArenaFiles['readSync'];

  it('takes nothing, so that the socket takes it', () => {
    const { here } = open({ readSync });
    expect(here.write(Buffer.alloc(LARGE_BYTES))).toBeUndefined();
  });

  it('is left as large as it is by the timer that would make it smaller', () => {
    vi.useFakeTimers();
    try {
      let isBroken = false;
      const { send, bytesInFile } = open({
        readSync: ((...args: Parameters<typeof fs.readSync>) =>
          isBroken ? readSync(...args) : fs.readSync(...args)) as ArenaFiles['readSync'],
      });
      send(Buffer.alloc(20 * MIB));
      const before = bytesInFile();
      isBroken = true;
      vi.advanceTimersByTime(5000);
      expect(bytesInFile()).toBe(before);
    } finally {
      vi.useRealTimers();
    }
  });
});
