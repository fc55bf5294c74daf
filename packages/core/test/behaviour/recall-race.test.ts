import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { BoardFile } from '../../src/transport/board-file.js';
import { BOARD_BYTES, MemoryBoard, SLOTS, type ParentBoard } from '../../src/wire/claim-board.js';

/** One id a slot, so that every id has its own record to the end; from slot 1 on, so that runs have neighbours. */
const COUNT = SLOTS - 1;
const ROUNDS = 10;

/** Takes ids back, from the far end towards the worker, until they have met. */
async function takeBack(board: ParentBoard, isOver: () => boolean): Promise<Set<number>> {
  const takenBack = new Set<number>();
  // From its first claim on: before that it may not even have been given a core.
  while (board.startedAt(1) === undefined) await nextTurn();
  for (let id = COUNT; id >= 1 && !isOver(); id--) {
    if (board.revoke(id)) takenBack.add(id);
    if (id % 16 === 0) await nextTurn();
  }
  return takenBack;
}

/** What is claimed, and what the worker answered: the ids it ran. */
interface Claimer {
  board: ParentBoard;
  ran: Promise<number[]>;
  end(): unknown;
}

async function inProcess(run = 1): Promise<Claimer> {
  const script = fileURLToPath(new URL('../fixtures/claims-in-file.mjs', import.meta.url));
  const board = new BoardFile();
  const child = spawn(process.execPath, [script, String(COUNT), String(run)], {
    stdio: ['ignore', 'pipe', 'inherit', board.fd],
  });
  const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  await lines.next();
  const ran = lines.next().then((line) => JSON.parse(line.value as string) as number[]);
  return { board, ran, end: () => board.close() };
}

async function inThread(): Promise<Claimer> {
  const memory = new SharedArrayBuffer(BOARD_BYTES);
  const thread = new Worker(new URL('../fixtures/claims-in-memory.mjs', import.meta.url), {
    workerData: { memory, count: COUNT },
  });
  await once(thread, 'message');
  const ran = once(thread, 'message').then(([ids]: unknown[]) => ids as number[]);
  return { board: new MemoryBoard(memory), ran, end: () => thread.terminate() };
}

describe.each([
  ['a file between processes', () => inProcess()],
  ['a file between processes, in runs of 32', () => inProcess(32)],
  ['memory between threads', inThread],
])('a worker that claims while the parent takes back, over %s', (_over, start) => {
  it('never has a task that the parent has, too', async () => {
    let met = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { board, ran, end } = await start();
      let isOver = false;
      void ran.then(() => (isOver = true));
      const takenBack = await takeBack(board, () => isOver);
      const both = (await ran).filter((id) => takenBack.has(id));
      expect(both).toEqual([]);
      // A task neither has is one where both saw each other: the worker says so, and the parent takes it back then.
      if (takenBack.size > 0 && (await ran).length > 0) met++;
      await end();
    }
    expect(met).toBeGreaterThan(0);
  });
});
