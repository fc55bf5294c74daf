import { Buffer } from '../base/natives.js';
import { fromPort, type PortValue } from '../codec/port-value.js';
import { PAGE_BYTES, Sink } from '../codec/sink.js';
import type { ValueDecoder, ValueEncoder } from '../codec/value-codec.js';
import type { TransferItem } from '../contract/transfer-item.js';
import type { FlowNumber } from './flow.js';
import type { FlowValue } from './flow-value.js';
import { FLOW_HEAD, FLOW_ROW, type FlowKind, FRAME, type FrameChannel, type FrameOf } from './frame.js';

const NO_BYTES = Buffer.alloc(0);

/** Takes the values of a frame, one by one. */
export interface FlowTaker {
  accept(value: unknown, size: number): void;
  /** Takes a value that cannot be read. */
  refuse(error: unknown): void;
}

/** Sends the values of all flows of one link, and reads those of the other side. Its decoder reads no other frames. */
export class FlowLink {
  readonly #channel: Pick<FrameChannel<FlowKind>, 'send'>;
  readonly #encoder: ValueEncoder;
  readonly #openDecoder: () => ValueDecoder;
  #decoder: ValueDecoder | undefined;
  /** Shapes that frames of flows have defined. */
  #shapes = 0;

  constructor(channel: Pick<FrameChannel<FlowKind>, 'send'>, encoder: ValueEncoder, openDecoder: () => ValueDecoder) {
    this.#channel = channel;
    this.#encoder = encoder;
    this.#openDecoder = openDecoder;
  }

  /** Sends values of one flow in one frame. */
  send(wireId: number, flow: FlowNumber, batch: readonly FlowValue[]): void {
    const definitions = this.#newShapes();
    const values: Uint8Array[] = [definitions];
    const meta = new Uint32Array(FLOW_HEAD + batch.length * FLOW_ROW);
    meta[0] = wireId;
    meta[1] = flow;
    meta[2] = definitions.length;
    let beside: ArrayBuffer[] | undefined;
    let clones: Map<number, PortValue> | undefined;
    let transfer: TransferItem[] | undefined;
    // Neighbours mostly lie one behind the other.
    let chunk: Buffer | undefined;
    let from = 0;
    let to = 0;
    let at = FLOW_HEAD;
    for (let row = 0; row < batch.length; row++) {
      const value = batch[row] as FlowValue;
      meta[at] = value.clone === undefined ? value.length : value.size;
      meta[at + 1] = value.views?.length ?? 0;
      at += FLOW_ROW;
      if (value.views !== undefined) (beside ??= []).push(...value.views);
      if (value.clone !== undefined) (clones ??= new Map()).set(row, value.clone);
      if (value.transfer !== undefined) (transfer ??= []).push(...value.transfer);
      if (value.chunk !== chunk || value.at !== to) {
        if (chunk !== undefined && to > from) values.push(chunk.subarray(from, to));
        chunk = value.chunk;
        from = value.at;
      }
      to = value.at + value.length;
    }
    if (chunk !== undefined && to > from) values.push(chunk.subarray(from, to));
    this.#channel.send(FRAME.flow, clones, { meta, values, beside, transfer });
    // Only now, because a refused frame has defined nothing.
    this.#shapes = this.#encoder.shapeCount;
  }

  /** Grants credit for values that were taken. With 0 values, it says that the flow is read from now on. */
  grant(wireId: number, flow: FlowNumber, values: number): void {
    this.#channel.send(FRAME.credit, undefined, { meta: Uint32Array.of(wireId, flow, values) });
  }

  /** Reads the values of a frame; of one that nothing takes, only the shapes that it defines. */
  read({ meta, values, beside, body }: FrameOf<typeof FRAME.flow>, taker: FlowTaker | undefined): void {
    const decoder = (this.#decoder ??= this.#openDecoder());
    const definitions = meta[2] ?? 0;
    if (definitions > 0) decoder.defineShapes(values, 0, definitions);
    if (taker === undefined) return;
    let from = definitions;
    let besideAt = 0;
    let first = 0;
    const memory = (index: number): ArrayBuffer => existing(beside[first + index]);
    for (let at = FLOW_HEAD, row = 0; at < meta.length; at += FLOW_ROW, row++) {
      const clone = body?.get(row);
      let size = meta[at] ?? 0;
      const to = clone === undefined ? from + size : from;
      first = besideAt;
      besideAt += meta[at + 1] ?? 0;
      let value: unknown;
      try {
        value = clone === undefined ? decoder.decode(values, from, to, memory) : fromPort(clone);
      } catch (error) {
        // A user's codec has thrown.
        taker.refuse(error);
        return;
      }
      for (let view = first; view < besideAt; view++) size += beside[view]?.byteLength ?? 0;
      from = to;
      taker.accept(value, size);
    }
  }

  /** Definitions of shapes that no frame of flows has had. */
  #newShapes(): Uint8Array {
    if (this.#encoder.shapeCount === this.#shapes) return NO_BYTES;
    const sink = new Sink(PAGE_BYTES);
    this.#encoder.writeShapes(this.#shapes, sink);
    return sink.bytes.subarray(sink.start, sink.at);
  }
}

function existing(memory: ArrayBuffer | undefined): ArrayBuffer {
  if (memory === undefined) throw new RangeError('A value names a large view that is not there.');
  return memory;
}
