/** Meanings of the exit codes of `millpond`. Part of the public interface; see the table in README.md. */
export const EXIT = {
  /** Everything was done, and no item failed. */
  ok: 0,
  /** The run reached its end, and at least one item failed. */
  itemsFailed: 1,
  /** Wrong command line, wrong workload file, missing input: nothing was computed. */
  usage: 2,
  /** The run itself broke: the pool failed, output could not be written, or input could no longer be read. */
  broken: 3,
  /** Stopped by SIGINT (128 + 2). */
  interrupted: 130,
  /** Stopped by SIGTERM (128 + 15). */
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The signals that stop a run. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The exit code of a run that a signal stopped. */
export function exitCodeOfSignal(signal: StopSignal): ExitCode {
  return signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
}

/** The end of a run, as far as its exit code depends on it. */
export interface RunEnd {
  /** Items that failed, bad input lines included. */
  failed: number;
  /** The reason why the run could not go on, if there is one. */
  broken: Error | undefined;
  /** The first signal that stopped it. */
  signal: StopSignal | undefined;
}

/**
 * The exit code of a run. A broken run stays broken if a signal came too: the user must mend something either way.
 * Failed items show only in a run that was not stopped.
 */
export function exitCodeOfRun(end: RunEnd): ExitCode {
  if (end.broken !== undefined) return EXIT.broken;
  if (end.signal !== undefined) return exitCodeOfSignal(end.signal);
  return end.failed > 0 ? EXIT.itemsFailed : EXIT.ok;
}
