import { type Clock, systemClock, type Timer } from '../base/clock.js';
import { clearImmediate, setImmediate } from '../base/natives.js';
import { random } from '../base/random.js';
import type { PoolKind } from '../contract/options.js';
import { usableCores } from '../sizing/cores.js';
import { type MemoryReading, type OwnMemory, readMemory } from '../sizing/memory-reading.js';
import { type ThreadState, threadState } from '../sizing/thread-state.js';
import { START } from '../transport/start.js';
import type { StartTransport } from '../transport/transport.js';

/** Time, chance and machine as an engine sees them; tests pass their own. */
export interface EngineHost {
  clock: Clock;
  /** Random number from 0 to 1. */
  random(): number;
  /** Calls back in the next turn of the event loop. */
  nextTurn(callback: () => void): Timer;
  startTransport: StartTransport;
  /** Cores that the program may use. */
  cores(): number;
  readMemory(own: OwnMemory): MemoryReading | undefined;
  /** State of a thread of a process, as the system reports it. */
  threadState(pid: number | 'self' | undefined, systemThreadId: number | undefined): ThreadState | undefined;
}

/** The real clock, chance, workers, cores and memory of this machine. */
export function systemHost(kind: PoolKind): EngineHost {
  return {
    clock: systemClock,
    random,
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
