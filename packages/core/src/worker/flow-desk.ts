import type { ValueDecoder, ValueEncoder } from '../codec/value-codec.js';
import { type DeathReport, PoolError } from '../contract/errors.js';
import type { Task } from '../task/task.js';
import type { FlowLine, TaskFlows } from '../task/task-flows.js';
import type { FlowNumber } from '../wire/flow.js';
import { FlowLink } from '../wire/flow-link.js';
import { type FlowKind, FRAME, type ParentChannel } from '../wire/frame.js';
import type { FrameHandlers } from '../wire/frame-router.js';
import type { InFlightEntry } from './in-flight-entry.js';

/** Kinds about flows that only a worker sends. */
type OwnKind = typeof FRAME.sourceLeft | typeof FRAME.messageUnread | typeof FRAME.flowsEnd;

export interface FlowDeskParts {
  channel: ParentChannel;
  /** The pool's encoder. */
  encoder: ValueEncoder;
  openDecoder(): ValueDecoder;
  /** The entry of a task in flight, abandoned ones included. */
  entryOf(wireId: number): InFlightEntry | undefined;
}

interface Open {
  readonly flows: TaskFlows;
  readonly line: FlowLine;
  readonly task: Task;
  /** Whether its last values have arrived, */
  hasEnded: boolean;
  /** and its result. Either may come first, and then it is forgotten. */
  isAnswered: boolean;
}

/** The flows of the tasks of one worker, from a try's first frame to the end of its handler. Its result may come before that. */
export class FlowDesk {
  /** For the router of the worker's frames. */
  readonly handlers: FrameHandlers<FlowKind | OwnKind> = {
    [FRAME.flow]: (frame) => {
      const [wireId = 0, flow = 0] = frame.meta;
      // Also if nothing takes them: the frame may define shapes.
      this.#link.read(frame, this.#of(wireId)?.takerOf(flow as FlowNumber));
    },
    [FRAME.credit]: ({ meta }) => {
      const [wireId = 0, flow = 0, values = 0] = meta;
      this.#of(wireId)?.credit(flow as FlowNumber, values);
    },
    [FRAME.sourceLeft]: ({ meta }) => this.#of(meta[0] ?? 0)?.sourceLeft(),
    [FRAME.messageUnread]: ({ meta, body }) => this.#of(meta[0] ?? 0)?.messageUnread(body),
    [FRAME.flowsEnd]: ({ meta }) => {
      const [wireId = 0] = meta;
      this.#of(wireId);
      const open = this.#open.get(wireId);
      this.#note(wireId, 'hasEnded');
      // Also if the try has failed, and another one is to follow. Should that never begin, nothing of this one is awaited.
      if (open !== undefined && open.flows.line === open.line) open.flows.ended();
    },
  };
  readonly #parts: FlowDeskParts;
  readonly #link: FlowLink;
  readonly #open = new Map<number, Open>();

  constructor(parts: FlowDeskParts) {
    this.#parts = parts;
    this.#link = new FlowLink(parts.channel, parts.encoder, parts.openDecoder);
  }

  /** Notes that the worker has answered for a task with flows, whose entry is still there. Their frames may come after it. */
  answered(wireId: number): void {
    this.#of(wireId)?.answered();
    this.#note(wireId, 'isAnswered');
  }

  /** The worker has ended, and all its frames were read. */
  end(death: DeathReport): void {
    for (const { flows, line, task } of this.#open.values()) {
      if (flows.line !== line) continue;
      flows.cut(new PoolError('ERR_WORKER_CRASHED', { task: task.name, death, resultLost: true }));
    }
    this.#open.clear();
  }

  /** The flows of a try whose frames count. */
  #of(wireId: number): TaskFlows | undefined {
    const open = this.#open.get(wireId) ?? this.#attached(wireId);
    if (open === undefined || open.flows.line !== open.line || this.#isGivenUp(wireId, open.task)) return undefined;
    return open.flows;
  }

  #note(wireId: number, what: 'hasEnded' | 'isAnswered'): void {
    const open = this.#open.get(wireId);
    if (open === undefined) return;
    open[what] = true;
    if (open.hasEnded && open.isAnswered) this.#open.delete(wireId);
  }

  /** Whether another try takes the place of this one. A try whose task has settled counts until its end: its messages go on. */
  #isGivenUp(wireId: number, task: Task): boolean {
    return task.state !== 'settled' && this.#parts.entryOf(wireId)?.isAbandoned !== false;
  }

  /** Attaches the flows of a try that sends its first frame. */
  #attached(wireId: number): Open | undefined {
    const entry = this.#parts.entryOf(wireId);
    const task = entry?.task;
    const flows = task?.flows;
    if (task === undefined || flows === undefined || this.#isGivenUp(wireId, task)) return undefined;
    // Of several tries of a settled task, the first one that attaches counts.
    if (entry?.isAbandoned === true && flows.line !== undefined) return undefined;
    const open: Open = { flows, task, line: this.#line(wireId, task), hasEnded: false, isAnswered: false };
    this.#open.set(wireId, open);
    flows.attach(open.line);
    return open;
  }

  #line(wireId: number, task: Task): FlowLine {
    const { channel } = this.#parts;
    const link = this.#link;
    return {
      send: (flow, batch) => link.send(wireId, flow, batch),
      grant: (flow, values) => link.grant(wireId, flow, values),
      endSource: (thrown) => channel.send(FRAME.sourceEnd, thrown, { meta: Uint32Array.of(wireId) }),
      passed() {
        task.history.isSpent = true;
      },
      isGivenUp: () => this.#isGivenUp(wireId, task),
    };
  }
}
