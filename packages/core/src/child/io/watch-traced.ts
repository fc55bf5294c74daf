import type { IoSink, TaskStore } from './io-sink.js';
import { bytesOf, diagnostics, isObject } from './listening.js';
import { type TraceContext, type TracedClient, tracedClients } from './traced-clients.js';

/** Watches all clients that publish on a TracingChannel. */
export function watchTraced(sink: IoSink): void {
  for (const client of tracedClients()) watchClient(sink, client);
}

/**
 * Lets callbacks of clients run as part of the task that called the client. A pool of connections calls back where another task
 * gave its connection back. @returns what undoes it
 */
export function restoreTasks(sink: IoSink, store: TaskStore): () => void {
  const channels = tracedClients()
    .filter(({ callsBack }) => callsBack)
    .map(({ channel }) => diagnostics().channel(`tracing:${channel}:asyncStart`));
  const taskOf = (context: unknown): string => sink.get(context as object)?.row.task ?? store.getStore() ?? '';
  for (const channel of channels) channel.bindStore(store, taskOf);
  return () => {
    for (const channel of channels) channel.unbindStore(store);
  };
}

function watchClient(sink: IoSink, { channel, begin }: TracedClient): void {
  const { listening } = sink;
  /** Contexts that had a result at the begin: their program uses one object again and again. */
  const reused = new WeakSet<object>();
  const name = (event: string): string => `tracing:${channel}:${event}`;
  const finish = (context: TraceContext): void => {
    const open = sink.get(context);
    if (open === undefined) return;
    open.bytesIn = bytesOf(context.bytesIn);
    open.bytesOut = bytesOf(context.bytesOut);
    sink.end(context);
  };

  listening.on(name('start'), (context) => {
    if (!isObject(context)) return false;
    const operation = begin(context);
    if (operation === undefined) return false;
    if (operation === null) return true;
    sink.begin(context, operation);
    if ('result' in context) reused.add(context);
    return true;
  });
  listening.on(name('error'), (context) => {
    if (!isObject(context)) return false;
    const open = sink.get(context);
    if (open !== undefined) open.hasFailed = true;
    return true;
  });
  // The call has returned. It is over if it threw, or was no async one at all.
  listening.on(name('end'), (context) => {
    if (!isObject(context)) return false;
    const open = sink.get(context);
    if (open === undefined) return true;
    if (open.hasFailed || ('result' in context && !reused.has(context))) finish(context);
    return true;
  });
  // Before the callback runs, which may begin the next operation.
  listening.on(name('asyncStart'), (context) => {
    if (!isObject(context)) return false;
    finish(context);
    return true;
  });
}
