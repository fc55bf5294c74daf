import { clearInterval, setInterval } from '../base/natives.js';
import { FRAME, type WorkerChannel } from '../wire/frame.js';
import { REPORT_EVERY_MS } from '../wire/pace.js';
import type { SelfReport } from './self-report.js';
import type { TaskLoop } from './task-loop.js';

/**
 * Continues reports while tasks wait for something and no result leaves. After a longer silence the parent would think that the
 * loop is busy. Ticks only while there are tasks.
 */
export class ReportTimer {
  readonly #loop: Pick<TaskLoop, 'idle'>;
  readonly #report: Pick<SelfReport, 'due'>;
  readonly #channel: Pick<WorkerChannel, 'send'>;
  #timer: NodeJS.Timeout | undefined;

  constructor(loop: Pick<TaskLoop, 'idle'>, report: Pick<SelfReport, 'due'>, channel: Pick<WorkerChannel, 'send'>) {
    this.#loop = loop;
    this.#report = report;
    this.#channel = channel;
  }

  /** Starts the ticks: there are tasks. */
  keepComing(): void {
    this.#timer ??= setInterval(() => this.#tick(), REPORT_EVERY_MS).unref();
  }

  #tick(): void {
    if (this.#loop.idle) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.now();
  }

  /** Sends a report, if one is due. */
  now(): void {
    const message = this.#report.due(false);
    if (message !== undefined) this.#channel.send(FRAME.report, message);
  }
}
