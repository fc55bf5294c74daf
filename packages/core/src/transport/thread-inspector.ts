import type { Session } from 'node:inspector';
import { clearTimeout, fromJson, setTimeout, toJson } from '../base/natives.js';
import type { Inspected } from '../base/stuck-stack.js';

/** A message of the NodeWorker domain, from a thread's own inspector. */
interface FromWorker {
  params: { sessionId: string; message: string };
}
/** An answer has an id and a result, an event a method and parameters. */
interface Answer {
  id: number;
  method: string;
  result: unknown;
  params: unknown;
}
interface Attached {
  params: { sessionId: string; workerInfo: { title: string } };
}

/**
 * Inspects a thread, even in the middle of synchronous code. Uses the inspector of the main thread, so it works only there.
 * @returns what `use` resolves to; undefined elsewhere, if it fails, or after `withinMs`
 */
export async function inspectThread<T>(
  threadId: number,
  withinMs: number,
  use: (thread: Inspected) => Promise<T>,
): Promise<T | undefined> {
  let session: Session | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const inspector = await import('node:inspector');
    session = new inspector.Session();
    session.connect();
    const limit = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, withinMs, undefined);
    });
    return await Promise.race([attached(session, threadId, use), limit]);
  } catch {
    // No inspector in this build, or not in the main thread. The timeout error then has no stack.
    return undefined;
  } finally {
    clearTimeout(timer);
    session?.disconnect();
  }
}

async function attached<T>(session: Session, threadId: number, use: (thread: Inspected) => Promise<T>): Promise<T> {
  const sessionId = await attach(session, threadId);
  return use(inspected(session, sessionId));
}

/** Attaches to all threads, which is the only way. Resolves with the session of this thread. */
function attach(session: Session, threadId: number): Promise<string> {
  return new Promise((resolve, reject) => {
    session.on('NodeWorker.attachedToWorker', ({ params }: Attached) => {
      // The inspector has its own numbers of threads; the thread id is in the title.
      if (params.workerInfo.title.startsWith(`[worker ${threadId}]`)) resolve(params.sessionId);
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
      if (error !== null) reject(error);
    });
  });
}

function inspected(session: Session, sessionId: string): Inspected {
  const waiting = new Map<number, (result: unknown) => void>();
  const listeners = new Map<string, (params: unknown) => void>();
  let lastId = 0;
  session.on('NodeWorker.receivedMessageFromWorker', ({ params: from }: FromWorker) => {
    if (from.sessionId !== sessionId) return;
    const { id, method, result, params } = fromJson(from.message) as Partial<Answer>;
    if (id !== undefined) waiting.get(id)?.(result);
    else if (method !== undefined) listeners.get(method)?.(params);
  });
  return {
    ask: (method, params) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, resolve);
        const message = toJson({ id, method, params });
        session.post('NodeWorker.sendMessageToWorker', { sessionId, message }, (error) => {
          if (error !== null) reject(error);
        });
      }),
    on: (event, listener) => void listeners.set(event, listener),
  };
}
