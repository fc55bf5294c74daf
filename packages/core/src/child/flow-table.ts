import type { ValueDecoder, ValueEncoder } from '../codec/value-codec.js';
import type { FlowNumber, FlowTerms } from '../wire/flow.js';
import { FlowLink } from '../wire/flow-link.js';
import { type FlowKind, FRAME, type ParentKind, type WorkerChannel } from '../wire/frame.js';
import type { FrameHandlers } from '../wire/frame-router.js';
import { TaskFlows } from './task-flows.js';

/** The flows of all tasks of one worker, by wire id. */
export class FlowTable {
  /** For the router of the link's frames. */
  readonly handlers: FrameHandlers<Extract<ParentKind, FlowKind | typeof FRAME.sourceEnd>> = {
    [FRAME.flow]: (frame) => {
      const [wireId = 0, flow = 0] = frame.meta;
      // Also if the task has ended: the frame may define shapes.
      this.#link.read(frame, this.#flows.get(wireId)?.takerOf(flow as FlowNumber));
    },
    [FRAME.credit]: ({ meta }) => {
      const [wireId = 0, flow = 0, values = 0] = meta;
      this.#flows.get(wireId)?.credit(flow as FlowNumber, values);
    },
    [FRAME.sourceEnd]: ({ meta, body }) => this.#flows.get(meta[0] ?? 0)?.sourceEnded(body),
  };
  readonly #channel: WorkerChannel;
  readonly #encoder: ValueEncoder;
  readonly #link: FlowLink;
  readonly #flows = new Map<number, TaskFlows>();

  constructor(channel: WorkerChannel, encoder: ValueEncoder, openDecoder: () => ValueDecoder) {
    this.#channel = channel;
    this.#encoder = encoder;
    this.#link = new FlowLink(channel, encoder, openDecoder);
  }

  /** Opens the flows of a task whose handler is about to be called. */
  open(wireId: number, name: string, terms: FlowTerms): TaskFlows {
    const flows = new TaskFlows({
      wireId,
      name,
      terms,
      link: this.#link,
      encoder: this.#encoder,
      clones: this.#channel.clones,
      messageUnread: (reason) => {
        this.#channel.send(FRAME.messageUnread, reason, { meta: Uint32Array.of(wireId) });
      },
      leaveSource: () => {
        // A handler may keep its input beyond its end.
        if (this.#flows.has(wireId)) this.#channel.send(FRAME.sourceLeft, undefined, { meta: Uint32Array.of(wireId) });
      },
    });
    this.#flows.set(wireId, flows);
    return flows;
  }

  /** The flows of a task that runs; undefined if it has none. */
  of(wireId: number): TaskFlows | undefined {
    return this.#flows.size === 0 ? undefined : this.#flows.get(wireId);
  }

  /** Ends the flows of a task: their last values leave ahead of its result. Returns whether it has any. */
  end(wireId: number): boolean {
    const flows = this.of(wireId);
    if (flows === undefined) return false;
    flows.end();
    this.#channel.send(FRAME.flowsEnd, undefined, { meta: Uint32Array.of(wireId) });
    return this.#flows.delete(wireId);
  }
}
