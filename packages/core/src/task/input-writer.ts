import { takeForPort } from '../codec/port-value.js';
import { Sink } from '../codec/sink.js';
import { mayGoByPort, toRefusal, type ValueEncoder } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import type { TransferItem } from '../contract/transfer-item.js';
import { type InputMemory, REUSED_BYTES } from './input-memory.js';
import type { Task } from './task.js';
import type { InputAside } from './task-terms.js';

/**
 * Size of the chunks of small inputs. Tasks keep such a chunk alive for milliseconds, so that it mostly goes with the young
 * generation. Chunks of 64 KiB did not. They took up to 28 MB of a program that mapped ten million numbers, and now take 4. An
 * input costs as much. Inputs of some kilobytes would fill small chunks badly.
 */
const SMALL_CHUNK_BYTES = 8 * 1024;

/**
 * Copies inputs as they are at the call. So later changes never reach a handler, and no task sees what another one does to
 * its input. Inputs lie one behind the other in chunks. A chunk lives as long as the last task with an input in it.
 */
export class InputWriter {
  readonly #encoder: ValueEncoder;
  /** Whether values that no codec can carry may go by a port: between threads. */
  readonly #clones: boolean;
  readonly #memory: InputMemory;
  readonly #sink: Sink;

  constructor(encoder: ValueEncoder, clones: boolean, memory: InputMemory) {
    this.#encoder = encoder;
    this.#clones = clones;
    this.#memory = memory;
    this.#sink = new Sink(REUSED_BYTES, memory, SMALL_CHUNK_BYTES);
  }

  /** Gives a task its input. Returns why it cannot be sent, or undefined. */
  write(task: Task, input: unknown): Refusal | undefined {
    const { transfer } = task.extras;
    if (transfer !== undefined) return this.#hold(task, input, transfer);
    if (this.#clones && this.#encoder.isForPort(input)) {
      task.aside = { clone: { value: input } };
      return undefined;
    }
    const sink = this.#sink;
    try {
      const views = this.#encoder.encode(input, sink);
      task.chunk = sink.bytes;
      task.inputAt = sink.start;
      task.inputBytes = sink.at - sink.start;
      if (views !== undefined) task.aside = this.#keep(task, views);
      return undefined;
    } catch (error) {
      return this.#clones && mayGoByPort(error) ? this.#hold(task, input, []) : toRefusal(error, 'input');
    }
  }

  #keep({ extras }: Task, views: readonly Uint8Array[]): InputAside {
    return { views: extras.borrow === true ? views : views.map((view) => this.#memory.copy(view)) };
  }

  /** Keeps an input as a port carries it: a copy now, and one more when it leaves. In that one, `transfer` is moved. */
  #hold(task: Task, input: unknown, transfer: readonly TransferItem[]): Refusal | undefined {
    try {
      const { body, transfer: moved, bytes } = takeForPort(input, transfer);
      task.aside = { clone: body, transfer: moved.length === 0 ? undefined : moved, clonedBytes: bytes };
      return undefined;
    } catch (error) {
      return toRefusal(error, 'input');
    }
  }
}
