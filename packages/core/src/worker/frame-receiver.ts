import type { Clock } from '../base/clock.js';
import { openDecoder } from '../codec/open-codec.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import type { DeathReport } from '../contract/errors.js';
import type { Task } from '../task/task.js';
import type { Transport, WorkerSpec } from '../transport/transport.js';
import { FRAME, type ProgressFrame, type ResultsFrame, type WorkerKind } from '../wire/frame.js';
import { frameRouter } from '../wire/frame-router.js';
import type { MeasuredMessage, ReadyMessage, ReportMessage, StartFailedMessage } from '../wire/messages.js';
import { STATUS } from '../wire/record.js';
import { Requests } from '../wire/requests.js';
import type { ParentTopics, ReliefRequest, WorkerTopics } from '../wire/topics.js';
import { FlowDesk } from './flow-desk.js';
import type { InFlightEntry } from './in-flight-entry.js';
import type { InFlightTasks } from './in-flight-tasks.js';
import { Measuring } from './measuring.js';
import { ResultReader } from './result-reader.js';
import type { ResultRow } from './result-row.js';
import type { WorkerListener } from './worker-listener.js';
import type { WorkerMetrics } from './worker-metrics.js';
import { WorkerOutput } from './worker-output.js';
import type { WorkerState } from './worker-state.js';

export interface FrameReceiverParts<W> {
  /** Passed to the listener with every event. */
  worker: W;
  spec: WorkerSpec;
  transport: Transport;
  /** The pool's encoder. */
  encoder: ValueEncoder;
  clock: Clock;
  assigned: InFlightTasks;
  metrics: WorkerMetrics;
  listener: WorkerListener<W>;
  /** Reports that the worker's module is loaded. */
  loaded(): void;
  ready(message: ReadyMessage): void;
  startFailed(message: StartFailedMessage): void;
  /** Reports that the worker's messages cannot be read. */
  damaged(error: Error): void;
}

/** Receives everything from one worker, by frames and by its log: passes each message on, and counts. */
export class FrameReceiver<W extends { readonly id: number; readonly state: WorkerState['name'] }> {
  /** Time when a frame or a result of it was read last; host clock. */
  heardAtMs: number;
  /** Time when it answered last, or became ready; host clock. */
  usedAtMs = 0;
  tasksDone = 0;
  /** Rows of results read, those of revoked tasks included. */
  resultsSeen = 0;
  /** Results of tasks that had settled already or were abandoned. */
  ignoredResults = 0;
  /** Values of ctx.progress that the worker dropped because there were too many, and unreadable ones. */
  droppedProgress = 0;
  readonly #parts: FrameReceiverParts<W>;
  readonly #reader: ResultReader;
  readonly #requests: Requests<ParentTopics, WorkerTopics>;
  readonly #output: WorkerOutput<W>;
  /** What it measures for profilers. */
  readonly measuring: Measuring;
  /** Made at the first frame of a flow: most workers see none. */
  #openFlows: FlowDesk | undefined;

  constructor(parts: FrameReceiverParts<W>) {
    this.#parts = parts;
    this.heardAtMs = parts.clock.now();
    const { transport, spec, assigned } = parts;
    this.#reader = new ResultReader({
      log: transport.log,
      arena: transport.arena,
      openDecoder: () => openDecoder(spec.options.codec),
      isWanted: (wireId) => assigned.get(wireId)?.isAbandoned === false,
      now: () => parts.clock.now(),
      onReturned: (wireId, endedAt) => assigned.returned(wireId, endedAt),
      onRow: (row) => this.#onRow(row),
    });
    this.#requests = new Requests<ParentTopics, WorkerTopics>({
      channel: transport.channel,
      clock: parts.clock,
      // Frames are read in order, and each at once.
      answers: { progressTaken: () => undefined, used: (all) => this.#onUsed(all) },
    });
    const { worker, listener } = parts;
    const readLog = (): void => void this.readLog(false);
    this.#output = new WorkerOutput({ worker, assigned, listener, readLog, tasksDone: () => this.tasksDone });
    transport.output = this.#output;
    this.measuring = new Measuring({
      transport,
      ask: (timeoutMs) => this.#requests.ask('measure', undefined, { timeoutMs }),
    });
    const route = frameRouter<WorkerKind>(`Worker ${parts.worker.id}`, {
      [FRAME.results]: (frame) => this.#onResults(frame),
      [FRAME.progress]: (frame) => this.#onProgress(frame),
      [FRAME.report]: ({ body }) => this.#onReport(body),
      [FRAME.measured]: ({ body }) => this.#onMeasured(body),
      [FRAME.warming]: () => parts.loaded(),
      [FRAME.ready]: ({ body }) => this.#onReady(body),
      [FRAME.startFailed]: ({ body }) => parts.startFailed(body),
      ...this.#requests.handlers,
      [FRAME.flow]: (frame) => this.#flows.handlers[FRAME.flow](frame),
      [FRAME.credit]: (frame) => this.#flows.handlers[FRAME.credit](frame),
      [FRAME.sourceLeft]: (frame) => this.#flows.handlers[FRAME.sourceLeft](frame),
      [FRAME.flowsEnd]: (frame) => this.#flows.handlers[FRAME.flowsEnd](frame),
      [FRAME.messageUnread]: (frame) => this.#flows.handlers[FRAME.messageUnread](frame),
    });
    transport.channel.onFrame = (frame) => {
      this.heardAtMs = parts.clock.now();
      route(frame);
    };
  }

  /**
   * Takes the results in the log that no frame has announced. Progress that is read after its task's result is lost. So the
   * results of tasks with progress wait for their frame, and so do those behind them.
   * @param isEverything whether also these are taken: the frames have come, or will not come soon enough
   * @returns whether none waits
   */
  readLog(isEverything: boolean): boolean {
    const { worker, clock, listener, damaged } = this.#parts;
    const nowMs = clock.now();
    try {
      if (!this.#reader.readLog(() => clock.now(), isEverything)) return !this.#reader.holdsBack;
    } catch (error) {
      damaged(error as Error);
    }
    this.heardAtMs = this.usedAtMs = nowMs;
    if (worker.state !== 'exited') listener.resultsRead(worker);
    return !this.#reader.holdsBack;
  }

  /** Bytes of its link that have arrived, those of an incomplete frame included. */
  get receivedBytes(): number {
    return this.#parts.transport.channel.receivedBytes;
  }

  /** Asks the worker to free memory. Rejects with ERR_REQUEST if it has ended, or has no answer in time. */
  relieve(asked: ReliefRequest, timeoutMs: number): Promise<ParentTopics['relieve']['answer']> {
    return this.#requests.ask('relieve', asked, { timeoutMs });
  }

  /**
   * Time when the handler of a task in flight was called, host clock; undefined when it was not yet. While results wait in the log
   * for their progress, it is unknown how far a claimed run has come. Then all its tasks count as begun.
   */
  begunAt(task: Task): number | undefined {
    const isWhole = this.readLog(false);
    const { assigned } = this.#parts;
    const entry = task.assignment as InFlightEntry | undefined;
    if (entry === undefined) return undefined;
    return assigned.begunAt(entry) ?? (isWhole ? undefined : assigned.claims.of(entry)?.atMs);
  }

  /** The worker has ended. */
  end(death: DeathReport): void {
    this.#requests.end();
    this.#output.end();
    this.#openFlows?.end(death);
  }

  get #flows(): FlowDesk {
    const { transport, encoder, spec, assigned } = this.#parts;
    return (this.#openFlows ??= new FlowDesk({
      channel: transport.channel,
      encoder,
      openDecoder: () => openDecoder(spec.options.codec),
      entryOf: (wireId) => assigned.get(wireId),
    }));
  }

  #onResults(frame: ResultsFrame): void {
    const { worker, listener } = this.#parts;
    this.usedAtMs = this.heardAtMs;
    this.#reader.readFrame(frame, this.usedAtMs);
    listener.resultsRead(worker);
  }

  #onReady(message: ReadyMessage): void {
    this.usedAtMs = this.heardAtMs;
    if (this.#output.isWanted()) this.#output.watch();
    this.#parts.assigned.takesBatches = message.batches !== undefined;
    this.#parts.ready(message);
  }

  #onRow(row: ResultRow): void {
    const { worker, assigned, listener } = this.#parts;
    const entry = assigned.get(row.wireId);
    if (row.kind < STATUS.revoked) assigned.claims.noteEnded(row.endedAt);
    // For a second result of one task, the first one counts.
    if (entry?.task === undefined) {
      this.ignoredResults++;
      return;
    }
    const { task, isAbandoned } = entry;
    if (isAbandoned && row.kind !== STATUS.revoked) this.ignoredResults++;
    this.resultsSeen++;
    const hasBegun = row.kind < STATUS.revoked;
    if (hasBegun) {
      this.tasksDone++;
      if (this.#output.isWatching) this.#output.noteEnd(task);
      if (task.flows !== undefined) this.#flows.answered(row.wireId);
    }
    assigned.release(entry, hasBegun);
    if (!isAbandoned) listener.result(worker, task, row);
  }

  #onProgress(frame: ProgressFrame): void {
    const { worker, assigned, listener } = this.#parts;
    const [wireId = 0, , dropped = 0] = frame.meta;
    const told = this.#reader.progress(frame);
    const entry = assigned.get(wireId);
    // A result that was read ahead of its frame has removed the entry.
    const isLost = told === undefined || entry === undefined;
    this.droppedProgress += isLost ? dropped + 1 : dropped;
    if (!isLost && entry.task !== undefined && !entry.isAbandoned) listener.progress(worker, entry.task, told.value);
  }

  #onUsed(all: WorkerTopics['used']['asked']): undefined {
    const { assigned, clock } = this.#parts;
    const nowMs = clock.now();
    for (const [wireId, used] of all) {
      const entry = assigned.get(wireId);
      entry?.grant?.correct(used, nowMs, entry.row);
    }
  }

  #onMeasured(message: MeasuredMessage): void {
    if (message.isAnswer === true) this.measuring.noteAnswer();
    else this.#parts.listener.measured(this.#parts.worker, message);
  }

  #onReport(report: ReportMessage): void {
    const { worker, metrics, listener } = this.#parts;
    const uses = metrics.report(this.heardAtMs, report);
    listener.reported(worker, uses);
    if (report.sections.length > 0 || report.mistakes !== undefined)
      listener.sections(worker, report.sections, report.mistakes);
  }
}
