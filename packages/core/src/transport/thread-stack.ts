import { Session } from 'node:inspector';
import { lastStack, type CpuProfile } from '../base/cpu-stack.js';

/** Long enough for some samples at the default rate of one a millisecond. */
const SAMPLE_MS = 20;

/** A message of the NodeWorker domain: what a thread's own inspector says. */
interface FromWorker {
  params: { sessionId: string; message: string };
}
interface Attached {
  params: { sessionId: string; workerInfo: { title: string } };
}

/**
 * Where a thread is now, even in the middle of synchronous code, as lines like those of an error's stack. Asks through
 * the inspector of the main thread, so it works only there; undefined otherwise, or after `withinMs`.
 */
export async function threadStack(threadId: number, withinMs: number): Promise<string | undefined> {
  const session = new Session();
  try {
    session.connect();
    const limit = new Promise<undefined>((resolve) => setTimeout(resolve, withinMs, undefined));
    return await Promise.race([sample(session, threadId), limit]);
  } catch {
    // No inspector in this build, or not in the main thread. A timeout error without a stack says as much.
    return undefined;
  } finally {
    session.disconnect();
  }
}

async function sample(session: Session, threadId: number): Promise<string | undefined> {
  const sessionId = await attach(session, threadId);
  const ask = asker(session, sessionId);
  await ask('Profiler.enable');
  await ask('Profiler.start');
  await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  const { profile } = (await ask('Profiler.stop')) as { profile: CpuProfile };
  const stack = lastStack(profile);
  return stack === '' ? undefined : stack;
}

/** Attaches to all threads, which is the only way, and tells the session of this one. */
function attach(session: Session, threadId: number): Promise<string> {
  return new Promise((resolve, reject) => {
    session.on('NodeWorker.attachedToWorker', ({ params }: Attached) => {
      // The inspector numbers threads in its own way; the thread id stands in the title.
      if (params.workerInfo.title.startsWith(`[worker ${threadId}]`)) resolve(params.sessionId);
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
      if (error !== null) reject(error);
    });
  });
}

function asker(session: Session, sessionId: string): (method: string) => Promise<unknown> {
  const waiting = new Map<number, (result: unknown) => void>();
  let lastId = 0;
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }: FromWorker) => {
    if (params.sessionId !== sessionId) return;
    const { id, result } = JSON.parse(params.message) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  return (method) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      const message = JSON.stringify({ id, method });
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message }, (error) => {
        if (error !== null) reject(error);
      });
    });
}
