import type { StopSignal } from '../exit-codes.js';
import { process } from '../natives.js';

export interface SignalActions {
  /** The first signal: finish the tasks in flight. */
  drain(signal: StopSignal): void;
  /** The second: end now. */
  kill(first: StopSignal): void;
}

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** Counts SIGINT and SIGTERM together until the returned function is called. */
export function watchSignals(actions: SignalActions): () => void {
  let first: StopSignal | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = signal as StopSignal;
      actions.drain(first);
    } else {
      actions.kill(first);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
