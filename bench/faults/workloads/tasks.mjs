// The tasks of the fault runs: plain functions of one input, which every contestant can call.
import { appendFileSync, existsSync, openSync, readdirSync, watch, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, threadId } from 'node:worker_threads';

const FOLDER = process.env.FAULTS_FOLDER;
const NOTES = openSync(join(FOLDER, 'notes'), 'a');

// Each start of a worker leaves a mark. The program itself may load this module, too.
if (!isMainThread || process.env.FAULTS_PROGRAM !== String(process.pid)) appendFileSync(join(FOLDER, 'loads'), '.');

/** An innocent task: takes 5 ms, during which its worker's event loop turns. */
export async function double(value) {
  await delay(5);
  return value * 2;
}

export function exit(code) {
  process.exit(code);
}

/** Leaves a line for each time it ran. */
export function poison(folder) {
  appendFileSync(join(folder, 'crashes'), '.');
  process.exit(1);
}

/** Returns the right result, and leaves a fault behind. */
export function throwLater(value) {
  setTimeout(() => {
    throw new Error('thrown from a timer');
  }, 1);
  return value * 2;
}

export function rejectLater(value) {
  setTimeout(() => Promise.reject(new Error('rejected and not handled')), 1);
  return value * 2;
}

export function loop() {
  for (;;);
}

export function loopMarked(folder) {
  writeFileSync(join(folder, 'looping'), '');
  for (;;);
}

/** Leaves a file, which shows that it ran at all. */
export function mark(folder) {
  writeFileSync(join(folder, 'ran'), '');
  return 'ran';
}

export async function occupy(folder) {
  writeFileSync(join(folder, 'occupied'), '');
  await delay(500);
  return 'occupied';
}

/** The first try waits for its death; a second one, if there is any, succeeds. */
export async function awaitKill(folder) {
  if (readdirSync(folder).some((file) => file.startsWith('victim-'))) return 'tried again';
  writeFileSync(join(folder, `victim-${process.pid}`), '');
  await delay(60_000);
}

/** Ends when two workers are in it at the same time. */
export async function meet(folder) {
  const mine = join(folder, `met-${process.pid}-${threadId}`);
  const met = () => readdirSync(folder).filter((file) => file.startsWith('met-')).length === 2;
  await new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (!met()) return;
      watcher.close();
      resolve();
    });
    if (!existsSync(mine)) writeFileSync(mine, '');
    if (met()) resolve(watcher.close());
  });
  return 'met';
}

export function throwNull() {
  throw null;
}

class QuotaError extends Error {
  name = 'QuotaError';
  code = 'E_QUOTA';
  limit = { bytes: 42 };
}

export function throwCustom() {
  throw new QuotaError('over quota', { cause: new TypeError('the cause') });
}

export function eatHeap() {
  const kept = [];
  for (;;) kept.push(Array.from({ length: 1000 }, (_, index) => `${kept.length} ${index}`));
}

export function typeOfCall(input) {
  return typeof input.call;
}

export function returnFunction() {
  return { call() {} };
}

/** Leaves a line at its begin and end, each by one system call, so that no death can lose it. */
export function note({ id }) {
  writeSync(NOTES, `begun ${id}\n`);
  writeSync(NOTES, `ended ${id}\n`);
  return id;
}

export async function noteSlowly({ id, ms }) {
  writeSync(NOTES, `begun ${id}\n`);
  await delay(ms);
  writeSync(NOTES, `ended ${id}\n`);
  return id;
}

export function noteAndExit() {
  appendFileSync(join(FOLDER, 'crashes'), '.');
  process.exit(1);
}

export function noteAndKill() {
  appendFileSync(join(FOLDER, 'crashes'), '.');
  process.kill(process.pid, 'SIGKILL');
}

export function numberOf(input) {
  return input.number;
}

export function addOne(input) {
  input.number++;
  return input.number;
}

/** Leaves a file, which shows that it ran at all. */
export function countRecords(records) {
  writeFileSync(join(FOLDER, 'ran'), '');
  return records.length;
}
