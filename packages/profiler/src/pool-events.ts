import type { PoolEvents } from '@millpond/core';
import type { PoolRecorder } from './record/pool-recorder.js';

/** Part of an event emitter that this file needs. */
interface Emitter {
  on?(event: string, listener: (event: never) => void): unknown;
  off?(event: string, listener: (event: never) => void): unknown;
}

type EventOf<E extends keyof PoolEvents> = Parameters<PoolEvents[E]>[0];

/** Notes events of a pool that no channel carries. Returns a function that ends that. */
export function followEvents(pool: object, recorder: PoolRecorder, now: () => number): () => void {
  const emitter = pool as Emitter;
  const changedBreaker = ({ task, key = '', to, reason, dryRun }: EventOf<'breaker:open'>) => {
    if (to === 'open') recorder.mark('breaker', now(), 0, `${task}: ${reason}`);
    if (!dryRun) recorder.breakers.get(task).changed(key, to === 'open', reason, now());
  };
  const listeners: [keyof PoolEvents, (event: never) => void][] = [
    ['resized', ({ from, to, reason }: EventOf<'resized'>) => recorder.resized(from, to, reason, now())],
    [
      'memory:level',
      ({ from, to }: EventOf<'memory:level'>) => recorder.mark('memory', now(), 0, `memory: ${from} → ${to}`),
    ],
    [
      'worker:recycled',
      ({ workerId, reason }: EventOf<'worker:recycled'>) => recorder.mark('recycled', now(), workerId, reason),
    ],
    [
      'worker:stuck',
      ({ workerId, silentMs }: EventOf<'worker:stuck'>) =>
        recorder.mark('stuck', now(), workerId, `at a standstill for ${Math.round(silentMs)} ms`),
    ],
    ['breaker:open', changedBreaker],
    ['breaker:half-open', changedBreaker],
    ['breaker:close', changedBreaker],
  ];
  for (const [event, listener] of listeners) emitter.on?.(event, listener);
  return () => {
    for (const [event, listener] of listeners) emitter.off?.(event, listener);
  };
}
