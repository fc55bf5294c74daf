import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import type { SectionRecorder } from '../../src/child/section-recorder.js';
import type { SectionMemory } from '../../src/contract/trace.js';
import { openRecorder, TASK } from './section-clock.js';

const MIB = 2 ** 20;
const readings = vi.hoisted(() => ({ rss: 0 }));
vi.mock('../../src/base/natives.js', async (original) => {
  const natives = await original<typeof import('../../src/base/natives.js')>();
  return { ...natives, rss: () => (readings.rss++, natives.rss()) };
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Keeps what sections allocate. */
const kept: unknown[] = [];
let sections: SectionRecorder;
/** Handler calls so far, and whether others wait. */
const worker = { calls: 1, others: false };

function memoryOf(path: string): SectionMemory | undefined {
  return sections.take().find((delta) => delta.path.join('/') === path)?.memory;
}

function spin(ms: number): void {
  const end = hostNowMs() + ms;
  while (hostNowMs() < end);
}

beforeEach(() => {
  kept.length = 0;
  readings.rss = 0;
  Object.assign(worker, { calls: 1, others: false });
  ({ sections } = openRecorder());
  sections.watch({
    get calls() {
      return worker.calls;
    },
    hasOthers: () => worker.others,
  });
  sections.measuresMemory = true;
});

describe('the memory of a section', () => {
  it('is not measured unless a profiler asks', () => {
    sections.measuresMemory = false;
    sections.run(TASK, 'load', () => {});
    expect(memoryOf('load')).toBeUndefined();
  });

  it('is what it keeps, outside of the heap and on it', () => {
    // Garbage of before, freed meanwhile, would hide a part of the growth. V8 frees buffers of one collection with the next.
    for (let i = 0; i < 3; i++) collectGarbage();
    sections.run(TASK, 'buffer', () => void kept.push(Buffer.alloc(20 * MIB)));
    expect(memoryOf('buffer')).toMatchObject({ externalBytes: 20 * MIB, shared: 0 });
    collectGarbage();
    const list = sections.open(TASK, 'list');
    kept.push(new Array<object>(MIB).fill(kept));
    list.end();
    const memory = memoryOf('list');
    expect(memory?.heapBytes).toBeGreaterThan(8 * MIB - MIB);
    expect(memory?.heapBytes).toBeLessThan(8 * MIB + MIB);
  });

  it('counts for the sections around it, too', () => {
    const play = (): void =>
      sections.run(TASK, 'outer', () => {
        sections.run(TASK, 'inner', () => void kept.push(Buffer.alloc(5 * MIB)));
      });
    // The first time makes their histograms.
    play();
    sections.take();
    play();
    const [inner, outer] = sections.take();
    expect(outer?.memory?.externalBytes).toBe(inner?.memory?.externalBytes);
  });

  it('has not the garbage of its own readings, a million times over', () => {
    // A reading leaves 384 to 600 bytes: 100,000 of them would be 60 MB.
    for (let i = 0; i < 50_000; i++) sections.run(TASK, 'empty', () => {});
    // What remains is the garbage that V8 collected meanwhile, which was made between the sections.
    const bytes = memoryOf('empty')?.heapBytes ?? NaN;
    expect(bytes).toBeLessThan(8 * MIB);
  });

  it('is read from the system around long sections only', () => {
    sections.run(TASK, 'short', () => {});
    // The first might have been long. On a busy machine one of the others may be.
    expect(readings.rss).toBeGreaterThanOrEqual(1);
    for (let i = 0; i < 100; i++) sections.run(TASK, 'short', () => {});
    expect(readings.rss).toBeLessThan(20);
    readings.rss = 0;
    // The buffer below makes V8 collect. What it would free of the tests before hides a part of the growth.
    for (let i = 0; i < 3; i++) collectGarbage();
    sections.run(TASK, 'long', () => spin(11));
    sections.run(TASK, 'long', () => {
      kept.push(Buffer.alloc(30 * MIB, 1));
      spin(11);
    });
    expect(readings.rss).toBe(4);
    expect(memoryOf('long')?.rssBytes).toBeGreaterThan(20 * MIB);
  });
});

describe('whether other tasks ran meanwhile', () => {
  const later = async (body: () => void = () => {}): Promise<void> => {
    await sections.run(TASK, 'load', async () => {
      await null;
      body();
      await null;
    });
  };

  it('is no, for a task alone', async () => {
    await later();
    expect(memoryOf('load')?.shared).toBe(0);
  });

  it('is no, for synchronous code, which has the worker for itself', () => {
    worker.others = true;
    sections.run(TASK, 'load', () => {});
    sections.open(TASK, 'load').end();
    expect(memoryOf('load')?.shared).toBe(0);
  });

  it('is yes, when others waited at its begin', async () => {
    worker.others = true;
    await later();
    const byHand = sections.open(TASK, 'load');
    await null;
    byHand.end();
    expect(memoryOf('load')?.shared).toBe(2);
  });

  it('is yes, when another was called before its end', async () => {
    await later(() => worker.calls++);
    expect(memoryOf('load')?.shared).toBe(1);
  });
});
