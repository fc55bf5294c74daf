import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { openEncoder } from '../../src/codec/open-codec.js';
import type { Task } from '../../src/task/task.js';
import type { BoardFile } from '../../src/transport/board-file.js';
import { sharedBoard } from '../../src/transport/shared-board.js';
import type { Transport } from '../../src/transport/transport.js';
import { MemoryBoard, type ParentBoard, SLOTS } from '../../src/wire/claim-board.js';
import { isSkip, spanOf, STATUS } from '../../src/wire/record.js';
import { InFlightTasks } from '../../src/worker/in-flight-tasks.js';
import { ResultRow } from '../../src/worker/result-row.js';
import { openBoard, RecordingChannel } from '../support/result-link.js';
import { TaskMaker } from '../support/tasks.js';

/** One id a slot, so that every id has its own record to the end; from slot 1 on, so that runs have neighbours. */
const COUNT = SLOTS - 1;
const ROUNDS = 10;

/** Takes ids back, from the far end towards the worker, until they have met. */
async function takeBack(board: ParentBoard, isOver: () => boolean): Promise<Set<number>> {
  const revoked = new Set<number>();
  // From its first claim on: before that it may not even have been given a core.
  while (board.claimOf(1) === undefined) await nextTurn();
  for (let id = COUNT; id >= 1 && !isOver(); id--) {
    if (board.revoke(id) && board.claimOf(id) === undefined) revoked.add(id);
    if (id % 16 === 0) await nextTurn();
  }
  return revoked;
}

/** What is claimed, and what the worker answered: the ids it ran. */
interface Claimer {
  board: ParentBoard;
  ran: Promise<number[]>;
  end(): unknown;
}

async function inProcess(run = 1): Promise<Claimer> {
  const script = fileURLToPath(new URL('../fixtures/claims-in-file.mjs', import.meta.url));
  const board = openBoard();
  const child = spawn(process.execPath, [script, String(COUNT), String(run)], {
    stdio: ['ignore', 'pipe', 'inherit', board.fd],
  });
  const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  await lines.next();
  const ran = lines.next().then((line) => JSON.parse(line.value as string) as number[]);
  return { board, ran, end: () => board.close() };
}

async function inThread(): Promise<Claimer> {
  const memory = sharedBoard();
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
      const revoked = await takeBack(board, () => isOver);
      const both = (await ran).filter((id) => revoked.has(id));
      expect(both).toEqual([]);
      // A task neither has is one where both saw each other: the worker says so, and the parent takes it back then.
      if (revoked.size > 0 && (await ran).length > 0) met++;
      await end();
    }
    expect(met).toBeGreaterThan(0);
  });
});

/** Tasks in flight, this number of them, on a board and a log that a worker may open. */
function openHand(count: number) {
  const board = openBoard();
  const channel = new RecordingChannel(false);
  const maker = new TaskMaker();
  const hand = new InFlightTasks({
    assignee: { id: 1, abandon(): void {}, begunAt: () => undefined },
    transport: { board, log: board.log, channel, arena: undefined } as unknown as Transport,
    encoder: openEncoder('structured', Infinity),
    clock: systemClock,
    concurrency: 1,
    graceMs: 1000,
    refused() {},
    timedOut() {},
    slow() {},
    overdue() {},
    emptied() {},
    readLog: () => true,
  });
  hand.claims.hasBoard = true;
  const tasks = Array.from({ length: count }, () => {
    const { task } = maker.make();
    const place = hand.add(task, 0);
    task.state = 'dispatched';
    task.owned = place;
    return { task, wireId: place.wireId };
  });
  hand.send(0);
  return { board, hand, tasks };
}

/** Reads the log as a worker's reader does. Whether anything was there. */
function readLog(board: BoardFile, hand: InFlightTasks, answered: Map<number, number>): void {
  const row = new ResultRow(0, -Infinity, 0);
  for (let bytes = board.log.peek(); bytes !== undefined; bytes = board.log.peek()) {
    for (let at = 0; at < bytes.length;) {
      const span = spanOf(bytes, at);
      board.log.advance(span);
      if (!isSkip(bytes, at)) {
        row.open(bytes, at);
        answered.set(row.wireId, row.kind);
        if (row.kind < STATUS.revoked) hand.claims.noteEnded(row.endedAt);
        const place = hand.get(row.wireId);
        if (place !== undefined) hand.release(place);
      }
      at += span;
    }
  }
}

describe('a worker that claims runs and looks at them again while the parent takes back what has not begun', () => {
  it('never runs a task that the parent has, and answers for each', async () => {
    const script = fileURLToPath(new URL('../fixtures/claims-in-runs.mjs', import.meta.url));
    let fromRuns = 0;
    // On a busy machine the two seldom meet. Then it takes further rounds.
    for (let round = 0; round < ROUNDS / 2 || (fromRuns === 0 && round < 50 * ROUNDS); round++) {
      const { board, hand, tasks } = openHand(300);
      const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit', board.fd] });
      const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
      child.stdin?.end(JSON.stringify(tasks.map(({ wireId }) => wireId)));
      await lines.next();
      let isOver = false;
      const ran = lines.next().then((line) => {
        isOver = true;
        return JSON.parse(line.value as string) as number[];
      });
      const answered = new Map<number, number>();
      const revoked = new Set<number>();
      for (let turn = 0; !isOver; turn++) {
        readLog(board, hand, answered);
        const unbegun: Task[] = hand.unbegun();
        // Near to the worker, where it may meet it at any moment, and some of each run only.
        for (const task of unbegun.slice(0, 8)) {
          const wireId = task.assignment?.wireId ?? 0;
          const isClaimed = board.claimOf(wireId) !== undefined;
          if ((wireId + turn) % 5 !== 0 || !hand.recall(task)) continue;
          revoked.add(wireId);
          if (isClaimed) fromRuns++;
        }
        await nextTurn();
      }
      const hasRun = await ran;
      readLog(board, hand, answered);
      expect(hasRun.filter((wireId) => revoked.has(wireId))).toEqual([]);
      // Whatever it did not run it says so of, and then the task is the parent's again.
      const ofAll = tasks.map(({ wireId }) => answered.get(wireId));
      expect(ofAll).toEqual(tasks.map(({ wireId }) => (hasRun.includes(wireId) ? STATUS.ok : STATUS.revoked)));
      hand.stop([]);
    }
    expect(fromRuns).toBeGreaterThan(0);
  });
});
