import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { EventStreams } from '../../src/live/event-streams.js';
import type { LiveSource } from '../../src/live/live-state.js';
import { sourceOf } from './http.js';
import { SaidPool } from './live-pool-stats.js';

/** A connection whose other side reads when the test says so. */
class Connection extends Writable {
  readonly states: number[] = [];
  reads = true;
  #held: (() => void) | undefined;
  #wake: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1000, decodeStrings: false });
    this.on('error', () => {});
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    const step = /"problems":\["(\d+)"\]/.exec(text)?.[1];
    if (step !== undefined) this.states.push(Number(step));
    if (this.reads) done();
    else this.#held = done;
    this.#wake?.();
  }

  read(): void {
    this.reads = true;
    this.#held?.();
  }

  async until(count: number): Promise<void> {
    while (this.states.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

function numberedStates(onState: () => void): LiveSource {
  const source = sourceOf([new SaidPool()]);
  onTestFinished(() => source.close());
  let step = 0;
  return {
    ...{ tries: (after) => source.tries(after), close: () => source.close() },
    snapshot() {
      onState();
      return { ...source.snapshot(), problems: [String(++step)] };
    },
  };
}

/** Stands for what keeps a program alive. */
function work(): void {
  const timer = setInterval(() => {}, 1_000_000);
  onTestFinished(() => clearInterval(timer));
}

function connected(onState = () => {}): { streams: EventStreams; add(): Connection } {
  const streams = new EventStreams(numberedStates(onState), { most: 32, run: 'run' });
  onTestFinished(() => streams.end());
  return {
    streams,
    add() {
      const connection = new Connection();
      streams.add(connection as unknown as ServerResponse, '');
      return connection;
    },
  };
}

it('a reader that pauses gets the latest state afterwards, and none of those between', async () => {
  work();
  const { add } = connected();
  const [slow, fast] = [add(), add()];
  await slow.until(1);
  slow.reads = false;
  await fast.until(2);
  await fast.until(8);
  slow.read();
  await slow.until(3);
  const [first = 0, second = 0, third = 0] = slow.states;
  // The second was on its way when the reader paused; the third is the present one.
  expect([first, second]).toEqual(fast.states.slice(0, 2));
  expect(third).toBeGreaterThanOrEqual(8);
  expect(fast.states.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

it('a reader that reads nothing for seconds is let go, and the others stay', async () => {
  work();
  const { streams, add } = connected();
  const [stuck, fast] = [add(), add()];
  stuck.reads = false;
  await new Promise((resolve) => stuck.on('close', resolve));
  // A busy machine makes fewer of them in these seconds.
  await fast.until(21);
  expect(fast.states).toEqual(fast.states.map((_, i) => i + 1));
  expect(fast.states.length).toBeGreaterThan(20);
  expect(streams.size).toBe(1);
  await fast.until(fast.states.length + 1);
});

it('a reader that reads nothing is let go at once when the program has nothing else to do', async () => {
  const { streams, add } = connected();
  const [stuck, fast] = [add(), add()];
  stuck.reads = false;
  await new Promise((resolve) => stuck.on('close', resolve));
  expect(fast.states.length).toBeLessThan(10);
  expect(streams.size).toBe(1);
});

it('no state is made without a reader', async () => {
  let made = 0;
  const { add } = connected(() => made++);
  const only = add();
  await only.until(1);
  only.destroy();
  await new Promise((resolve) => only.on('close', resolve));
  const before = made;
  await new Promise((resolve) => setTimeout(resolve, 350));
  expect(made).toBe(before);
});
