// A thread beside the main thread of a worker process, with an event loop of its own. The main thread may be in an endless loop.
// The guard ends the process when the parent is gone, and reports where the main thread is.
import { Session } from 'node:inspector';
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { type Buffer, kill, process, toJson } from '../base/natives.js';
import { stuckStack } from '../base/stuck-stack.js';

const { fd } = workerData as { fd: number };
const link = new Socket({ fd, readable: true, writable: true });

link.on('data', (questions: Buffer) => {
  for (const _ of questions) void stackOfMainThread().then((stack) => link.write(`${toJson(stack)}\n`));
});
link.on('error', () => {}); // the parent is gone; 'close' follows
link.on('close', () => {
  // Kills this process and all its children. Not process.exit(), which needs the main thread.
  kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL');
});

async function stackOfMainThread(): Promise<string> {
  const session = new Session();
  try {
    session.connectToMainThread();
    return await stuckStack({
      ask: (method) => post(session, method),
      on: (event, listener) => session.on(event, ({ params }: { params: unknown }) => listener(params)),
    });
  } catch {
    // No inspector in this build, or it is in use. The timeout error then has no stack.
    return '';
  } finally {
    session.disconnect();
  }
}

function post(session: Session, method: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}
