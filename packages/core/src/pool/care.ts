import type { Backend } from '../backend/backend.js';
import type { ResultCache } from '../cache/result-cache.js';
import type { PoolHealth } from '../contract/health.js';
import type { PoolRelief, ReliefOptions } from '../contract/relief.js';
import type { PressureLevel } from '../contract/worker-module.js';
import { type NotedCheck, statusOf } from '../sizing/health.js';
import type { PoolState } from './pool-state.js';

/** Longest wait for a worker, unless the program says otherwise: as long as a teardown may take (supervise/supervisor.ts). */
const RELIEF_WITHIN_MS = 5000;

/** The health of a pool: that of its state, its workers and its tasks. @param checks of a backend */
export function healthOf(state: PoolState, checks: readonly NotedCheck[]): PoolHealth {
  const own: NotedCheck = {
    name: 'state',
    ok: state.isOpen,
    value: state.name,
    limit: 'open',
    // A pool that is not open does not open again, so only its first move counts.
    since: state.sinceEpochMs,
    lastsMs: 0,
  };
  const all = [own, ...checks];
  return { status: statusOf(all), checks: all.map(({ lastsMs: _, ...shown }) => shown) };
}

/** Frees memory of the workers of a pool, and of its cache. */
export async function relievePool(
  backend: Pick<Backend, 'relieve'>,
  cache: ResultCache | undefined,
  level: PressureLevel,
  { timeoutMs = RELIEF_WITHIN_MS }: ReliefOptions,
): Promise<PoolRelief> {
  const bytesBefore = cache?.stats().bytes ?? 0;
  cache?.trim();
  const cacheBytes = bytesBefore - (cache?.stats().bytes ?? 0);
  const workers = await backend.relieve(level, timeoutMs);
  return { level, cacheBytes, freedBytes: workers.reduce((sum, { freedBytes }) => sum + freedBytes, 0), workers };
}
