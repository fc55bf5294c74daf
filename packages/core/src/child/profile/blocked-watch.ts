// A thread beside the main thread of a worker process at level 'cpu'. While a handler blocks the main thread, the parent can ask
// through the claim board for its measurements. This thread makes the main thread give them.
import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { measureBlocked } from '../../base/measure-blocked.js';
import { clearTimeout, readSync, setInterval, setTimeout } from '../../base/natives.js';
import { MEASURE_AT } from '../../wire/claim-board.js';

/** A look costs 1 µs. */
const LOOK_EVERY_MS = 50;
/** Longest wait for the main thread: native code can keep it from an answer. */
const WITHIN_MS = 2000;

const { fd } = workerData as { fd: number };
const word = new Uint32Array(1);
const bytes = new Uint8Array(word.buffer);
let seen = 0;
seen = asked();
let isAsking = false;

setInterval(() => {
  const now = asked();
  if (now === seen || isAsking) return;
  seen = now;
  isAsking = true;
  void measureMainThread().finally(() => (isAsking = false));
}, LOOK_EVERY_MS);

function asked(): number {
  try {
    return readSync(fd, bytes, 0, bytes.length, MEASURE_AT) === bytes.length ? (word[0] ?? 0) : seen;
  } catch {
    // A handler has closed the board: then nothing is asked any more.
    return seen;
  }
}

async function measureMainThread(): Promise<void> {
  const session = new Session();
  let timer: NodeJS.Timeout | undefined;
  try {
    session.connectToMainThread();
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WITHIN_MS);
    });
    const ask = (method: string, parameters?: object): Promise<unknown> =>
      new Promise((resolve, reject) => {
        session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error)));
      });
    await Promise.race([measureBlocked({ ask, on() {} }), late]);
  } catch {
    // The main thread ends, or its inspector is in use. The parent counts the worker as silent.
  } finally {
    clearTimeout(timer);
    session.disconnect();
  }
}
