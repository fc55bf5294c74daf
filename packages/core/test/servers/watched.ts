import { channel } from 'node:diagnostics_channel';
import { type AnyHandlers, Pool, type PoolKind, type PoolOptions } from '@millpond/core';
import { type IoDelta, type IoMessage, type Profilable, PROFILING } from '../../src/contract/profile-messages.js';
import { CHANNELS } from '../../src/contract/trace.js';

/** What workers of a pool have watched. */
export interface Watched {
  readonly pool: Pool<AnyHandlers>;
  /** Sums of all workers since the last call. */
  take(): Promise<IoDelta[]>;
  /** All messages so far as one text. */
  text(): string;
  /** Operations without a place of their own. */
  folded(): number;
  /** Counts of messages that were not understood, by channel. */
  unknown(): Record<string, number>;
}

/** Runs a test with a pool whose workers watch their clients. */
export async function withWatched(
  kind: PoolKind,
  module: string,
  options: PoolOptions,
  body: (watched: Watched) => Promise<void>,
): Promise<void> {
  const url = new URL(`./fixtures/${module}`, import.meta.url);
  const pool = new Pool<AnyHandlers>(url, { kind, workers: 1, ...options });
  const messages: IoMessage[] = [];
  const listener = (message: unknown): void => {
    if ((message as IoMessage).pool === pool) messages.push(message as IoMessage);
  };
  const io = channel(CHANNELS.io);
  io.subscribe(listener);
  try {
    await pool.ready();
    const terms = { level: 'stats', io: true, sampleUs: 1000, heap: false } as const;
    const profiling = (pool as unknown as Profilable)[PROFILING](terms);
    let taken = 0;
    await body({
      pool,
      async take() {
        await profiling.collect(10_000);
        const deltas = messages.slice(taken).flatMap((message) => message.io);
        taken = messages.length;
        return sumOf(deltas);
      },
      text: () => JSON.stringify(messages.map(({ io: rows, unknown, folded }) => ({ rows, unknown, folded }))),
      folded: () => messages.reduce((sum, { folded }) => sum + folded, 0),
      unknown: () => Object.fromEntries(messages.flatMap((message) => message.unknown)),
    });
    await pool.run('close', undefined);
    profiling.stop();
  } finally {
    io.unsubscribe(listener);
    await pool.destroy();
  }
}

/** Adds up deltas of one row. */
function sumOf(deltas: readonly IoDelta[]): IoDelta[] {
  const rows = new Map<string, IoDelta>();
  for (const delta of deltas) {
    const key = [delta.task, delta.kind, delta.peer, delta.operation, delta.statement, delta.what].join('\n');
    const row = rows.get(key);
    if (row === undefined) {
      rows.set(key, { ...delta });
      continue;
    }
    row.minMs = row.count === 0 ? delta.minMs : delta.count === 0 ? row.minMs : Math.min(row.minMs, delta.minMs);
    row.maxMs = Math.max(row.maxMs, delta.maxMs);
    row.peak = Math.max(row.peak, delta.peak);
    for (const field of ['count', 'errors', 'totalMs', 'bytesIn', 'bytesOut', 'openMs'] as const)
      row[field] += delta[field];
  }
  return [...rows.values()];
}

/** The only row that fits. */
export function rowOf(rows: readonly IoDelta[], fits: Partial<IoDelta>): IoDelta {
  const found = rows.filter((row) => Object.entries(fits).every(([key, value]) => row[key as keyof IoDelta] === value));
  const [row] = found;
  if (row === undefined || found.length > 1) {
    throw new Error(`${found.length} rows fit ${JSON.stringify(fits)} in ${JSON.stringify(rows, undefined, 1)}`);
  }
  return row;
}
