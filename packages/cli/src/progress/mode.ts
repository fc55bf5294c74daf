/** How progress is shown: not at all, as one redrawn line, or as a line now and then. */
export type ProgressMode = 'quiet' | 'live' | 'plain';

export interface ModeView {
  quiet: boolean;
  /** Standard error is a terminal. */
  isTTY: boolean;
  /** Results also go to a terminal, where a redrawn line would stand between them. */
  resultsOnTerminal: boolean;
  env: Readonly<Record<string, string | undefined>>;
}

/** Chooses how to show progress. A CI system may offer a terminal, but keeps a log. */
export function chooseMode({ quiet, isTTY, resultsOnTerminal, env }: ModeView): ProgressMode {
  if (quiet) return 'quiet';
  const isCI = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
  return isTTY && !resultsOnTerminal && !isCI && env['TERM'] !== 'dumb' ? 'live' : 'plain';
}
