import type { Palette } from '../color.js';
import { EXIT } from '../exit-codes.js';
import { CliFailure } from '../failure.js';
import { clearInterval, Date, setInterval } from '../natives.js';
import { isBrokenPipe } from '../output/sinks.js';
import { printable } from '../printable.js';
import type { ProgressMode } from '../progress/mode.js';
import { renderPlain } from '../progress/render.js';
import type { ProgressStream } from '../progress/terminal.js';
import { showProgress } from '../progress/terminal.js';
import { renderSummary } from '../summary.js';
import type { Workload } from '../workload/load.js';
import type { Destination } from './destination.js';
import type { Outputs } from './outputs.js';
import type { RunReport } from './report.js';
import type { RunSession } from './session.js';

const PROGRESS_EVENT_EVERY_MS = 1000;

export interface NarratorSetup {
  workload: Workload;
  destination: Destination;
  outputs: Outputs;
  /** Standard error. */
  stream: ProgressStream;
  palette: Palette;
  mode: ProgressMode;
}

/** Reports a run: to people on standard error, to programs as events. */
export class Narrator {
  readonly #setup: NarratorSetup;
  #progress: { stop(): void } = { stop() {} };
  #events: NodeJS.Timeout | undefined;

  constructor(setup: NarratorSetup) {
    this.#setup = setup;
  }

  /** One line for the user, unless the run is quiet. */
  say(line: string): void {
    if (this.#setup.mode !== 'quiet') this.#setup.stream.write(`${line}\n`);
  }

  /** Reports the start, and then the progress until `stop`. */
  start(session: RunSession): void {
    const { workload, destination, outputs, mode, stream, palette } = this.#setup;
    outputs.events?.start({
      time: new Date().toISOString(),
      name: workload.name,
      worker: workload.worker,
      task: workload.task,
      total: session.total ?? null,
      output: destination.kind === 'file' ? destination.path : null,
    });
    this.#progress = showProgress(mode, stream, palette, () => session.progress());
    if (outputs.events !== undefined)
      this.#events = setInterval(() => this.#tellProgress(session), PROGRESS_EVENT_EVERY_MS);
  }

  /** Shows no more progress. May be called more than once. */
  stop(): void {
    clearInterval(this.#events);
    this.#progress.stop();
  }

  /**
   * Ends the outputs of the run and prints the summary. Prints nothing if the reader of the results has gone: a summary
   * would have no reader either.
   * @throws CliFailure (broken) if the last results cannot be written
   * @throws WorkloadError if the task of the workload does not exist
   */
  async end(report: RunReport, session: RunSession): Promise<void> {
    const { workload, mode, stream, palette } = this.#setup;
    this.stop();
    if ((await this.#closeOutputs(report)) || session.abandoned) return;
    if (session.misnamed !== undefined) throw workload.reject({ path: ['task'], message: session.misnamed.message });
    if (mode === 'plain') this.say(renderPlain({ ...session.progress(), ratePerS: report.ratePerS }));
    if (mode !== 'quiet') stream.write(renderSummary(report, workload.name, palette));
    if (report.broken === null) return;
    const reasons = report.broken.split('\n').map((line) => printable(line, 2000));
    stream.write(`${palette.red('run broken')}: ${reasons.join('\n  ')}\n`);
  }

  /** @returns whether standard output turned out to be a pipe without a reader */
  async #closeOutputs(report: RunReport): Promise<boolean> {
    const { outputs } = this.#setup;
    try {
      outputs.events?.end(report);
      await outputs.close();
    } catch (error) {
      if (isBrokenPipe(error)) return true;
      // A broken run has met this error already.
      if (report.broken === null) throw new CliFailure(EXIT.broken, (error as Error).message, { cause: error });
    }
    return false;
  }

  #tellProgress(session: RunSession): void {
    try {
      this.#setup.outputs.events?.progress(session.progress());
    } catch {
      // Standard output is gone; the run meets the same error with its next result.
    }
  }
}
