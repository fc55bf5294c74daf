import { describe, expect, it } from 'vitest';
import { LogWatch } from '../../src/dispatch/log-watch.js';
import type { Worker } from '../../src/worker/worker.js';
import { FakeClock } from '../support/fake-clock.js';

/** A worker with work that was heard at the start, and when its log was read since, ms. */
function open() {
  const clock = new FakeClock(0);
  const reads: number[] = [];
  const readsOfAll: number[] = [];
  const readLog = (isEverything: boolean): void => void (isEverything ? readsOfAll : reads).push(clock.now());
  const received = { heardAtMs: 0, receivedBytes: 0, readLog };
  const worker = { inFlight: 1, received } as unknown as Worker;
  const watch = new LogWatch({ clock, workers: [worker] });
  watch.wake();
  return {
    clock,
    reads,
    readsOfAll,
    heard: () => (received.heardAtMs = clock.now()),
    received,
    wake: () => watch.wake(),
  };
}

describe('the log of a worker with work', () => {
  it('is read 4 ms after its last word, and ever more seldom while it says nothing', () => {
    const { clock, reads } = open();
    clock.advance(100);
    expect(reads).toEqual([4, 12, 28, 60]);
  });

  it('is read to its end, without the progress that it waits for, once the worker was silent for 200 ms', () => {
    const { clock, reads, readsOfAll, heard } = open();
    clock.advance(600);
    expect([reads, readsOfAll]).toEqual([
      [4, 12, 28, 60, 124],
      [252, 502],
    ]);
    heard();
    clock.advance(200);
    expect(readsOfAll).toEqual([252, 502]);
  });

  it('is read 4 ms after tasks have left, however long the worker was silent before', () => {
    const { clock, reads, heard, wake } = open();
    clock.advance(600);
    heard();
    reads.length = 0;
    wake();
    clock.advance(5);
    expect(reads).toEqual([604]);
  });

  it('is not read while frames come', () => {
    const { clock, reads, heard } = open();
    for (let ms = 0; ms < 100; ms += 2) {
      clock.advance(2);
      heard();
    }
    expect(reads).toEqual([]);
  });

  it('is not read by a late timer before the frames that wait', () => {
    const { clock, reads, heard } = open();
    // The loop stood still. The timer fires first, then the frames are read.
    clock.fireLate(10);
    heard();
    clock.advance(3);
    expect(reads).toEqual([]);
  });

  it('is not read to its end after a long turn of the loop, in which frames may have come', () => {
    const { clock, reads, readsOfAll, heard } = open();
    clock.fireLate(400);
    // The loop reads what there is, which leads to a turn as long. More has come meanwhile.
    heard();
    clock.fireLate(400);
    expect([reads.length, readsOfAll]).toEqual([1, []]);
    // It reads again, and there is nothing.
    clock.fireLate(400);
    clock.fireLate(400);
    expect(readsOfAll).toHaveLength(1);
  });

  it('is not read to its end as long as a frame arrives piece by piece', () => {
    const { clock, readsOfAll, received } = open();
    for (let piece = 1; piece <= 10; piece++) {
      received.receivedBytes += 200_000;
      clock.fireLate(400);
    }
    expect(readsOfAll).toEqual([]);
    clock.fireLate(400);
    clock.fireLate(400);
    expect(readsOfAll).toHaveLength(1);
  });

  it('is read though every timer is late', () => {
    const { clock, reads } = open();
    clock.fireLate(10);
    clock.fireLate(10);
    expect(reads).toEqual([20]);
  });
});
