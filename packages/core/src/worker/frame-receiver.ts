import type { Clock } from '../base/clock.js';
import { openDecoder } from '../codec/open-codec.js';
import type { SectionDelta } from '../contract/trace.js';
import type { Transport, WorkerSpec } from '../transport/transport.js';
import { FRAME, type Frame, type ReadyMessage, type ReportMessage, type StartFailedMessage } from '../wire/frame.js';
import { STATUS } from '../wire/record.js';
import type { Hand } from './hand.js';
import { ResultReader } from './result-reader.js';
import type { ResultRow } from './result-row.js';
import type { Vitals } from './vitals.js';
import type { WorkerListener } from './worker-listener.js';
import type { Worker } from './worker.js';

export interface FrameReceiverParts {
  /** Named in all that the listener hears. */
  worker: Worker;
  spec: WorkerSpec;
  transport: Transport;
  clock: Clock;
  hand: Hand;
  vitals: Vitals;
  listener: WorkerListener;
  /** The worker's module is loaded. */
  loaded(): void;
  ready(message: ReadyMessage): void;
  startFailed(message: StartFailedMessage): void;
  /** What it wrote cannot be read. */
  damaged(error: Error): void;
}

/** All that arrives from one worker, by frames and by its log: what each leads to, and how much there was of it. */
export class FrameReceiver {
  /** When a frame or a result of it was read last; host clock. */
  heardAtMs: number;
  /** When it answered last, or became ready; host clock. */
  usedAtMs = 0;
  tasksDone = 0;
  /** Rows of results read, those of tasks taken back included. */
  answered = 0;
  /** Results of tasks that had settled already or were abandoned. */
  ignoredResults = 0;
  /** Values of ctx.progress that it dropped, for there were too many, and those that could not be read. */
  droppedProgress = 0;
  readonly #parts: FrameReceiverParts;
  readonly #reader: ResultReader;

  constructor(parts: FrameReceiverParts) {
    this.#parts = parts;
    this.heardAtMs = parts.clock.now();
    const { transport, spec, hand } = parts;
    this.#reader = new ResultReader({
      log: transport.log,
      arena: transport.arena,
      openDecoder: () => openDecoder(spec.options.codec),
      isWanted: (wireId) => hand.get(wireId)?.isAbandoned === false,
      onReturned: (wireId, endedAt) => hand.returned(wireId, endedAt),
      onRow: (row) => this.#onRow(row),
    });
    transport.channel.onFrame = (frame) => this.#onFrame(frame);
  }

  /**
   * Takes the results that the log holds and no frame has told of.
   * @param isEverything whether also those that progress may come before
   */
  readLog(isEverything = true): void {
    const { worker, clock, listener, damaged } = this.#parts;
    const nowMs = clock.now();
    try {
      if (!this.#reader.readLog(nowMs, isEverything)) return;
    } catch (error) {
      damaged(error as Error);
    }
    this.heardAtMs = this.usedAtMs = nowMs;
    if (worker.state !== 'exited') listener.settled(worker);
  }

  #onFrame(frame: Frame): void {
    const parts = this.#parts;
    this.heardAtMs = parts.clock.now();
    switch (frame.kind) {
      case FRAME.results:
        this.usedAtMs = this.heardAtMs;
        this.#reader.readFrame(frame, this.usedAtMs);
        parts.listener.settled(parts.worker);
        break;
      case FRAME.progress:
        this.#onProgress(frame);
        break;
      case FRAME.report:
        this.#onReport(frame.body as ReportMessage);
        break;
      case FRAME.warming:
        parts.loaded();
        break;
      case FRAME.ready:
        this.usedAtMs = this.heardAtMs;
        parts.ready(frame.body as ReadyMessage);
        break;
      case FRAME.startFailed:
        parts.startFailed(frame.body as StartFailedMessage);
        break;
      default:
        throw new Error(`Worker ${parts.worker.id} sent a frame of kind ${frame.kind}, which only parents send.`);
    }
  }

  #onRow(row: ResultRow): void {
    const { worker, hand, listener } = this.#parts;
    const place = hand.get(row.wireId);
    if (row.kind < STATUS.neverStarted) hand.lastEndedAt = Math.max(hand.lastEndedAt, row.endedAt);
    // A second result for one task: the first one counts.
    if (place?.task === undefined) {
      this.ignoredResults++;
      return;
    }
    const { task, isAbandoned } = place;
    if (isAbandoned && row.kind !== STATUS.neverStarted) this.ignoredResults++;
    this.answered++;
    if (row.kind < STATUS.neverStarted) this.tasksDone++;
    hand.letGo(place);
    if (!isAbandoned) listener.result(worker, task, row);
  }

  #onProgress(frame: Frame): void {
    const { worker, transport, hand, listener } = this.#parts;
    const [wireId = 0, , asks = 0, dropped = 0] = frame.meta;
    const told = this.#reader.progress(frame);
    const place = hand.get(wireId);
    this.droppedProgress += told === undefined ? dropped + 1 : dropped;
    if (place?.task !== undefined && !place.isAbandoned && told !== undefined) {
      listener.progress(worker, place.task, told.value);
    }
    if (asks === 1) transport.channel.send(FRAME.progressTaken, undefined);
  }

  #onReport(report: ReportMessage): void {
    const { worker, vitals, listener } = this.#parts;
    const uses = vitals.report(this.heardAtMs, report);
    listener.reported(worker, uses);
    if (report.sections.length > 0) listener.sections(worker, report.sections as SectionDelta[]);
  }
}
