import { clearImmediate, setImmediate } from '../base/natives.js';
import { systemClock } from '../base/clock.js';
import type { PoolKind } from '../contract/options.js';
import { usableCores } from '../sizing/cores.js';
import { readMemory } from '../sizing/memory-reading.js';
import { threadState } from '../sizing/thread-state.js';
import { START } from '../transport/start.js';
import type { EngineHost } from './engine.js';

/** The real clock, chance, workers, cores and memory of this machine. */
export function systemHost(kind: PoolKind): EngineHost {
  return {
    clock: systemClock,
    random: () => Math.random(),
    nextTurn: (callback) => {
      const turn = setImmediate(callback);
      return { cancel: () => clearImmediate(turn) };
    },
    startTransport: START[kind],
    cores: () => usableCores(),
    readMemory: (own) => readMemory('/', own),
    threadState: (pid, systemThreadId) =>
      pid === undefined || systemThreadId === undefined ? undefined : threadState(pid, systemThreadId),
  };
}
