import { CLAIM_ALONE, FRAME, TASK_WORDS, type FrameChannel, type TaskExtras, type TasksBody } from '../wire/frame.js';
import type { Task } from '../task/task.js';
import type { Place } from './place.js';

/** Tasks assigned within this turn of the event loop; they leave in one frame. */
export class Outbox {
  readonly #channel: FrameChannel;
  /** Index of each handler in the worker's own list. */
  readonly #handlers: ReadonlyMap<string, number>;
  /** Told of a task whose input cannot be sent; it is not on its way then. */
  readonly #onRefused: (place: Place, reason: string) => void;
  #places: Place[] = [];

  constructor(
    channel: FrameChannel,
    handlers: ReadonlyMap<string, number>,
    onRefused: (place: Place, reason: string) => void,
  ) {
    this.#channel = channel;
    this.#handlers = handlers;
    this.#onRefused = onRefused;
  }

  add(place: Place): void {
    this.#places.push(place);
  }

  /** Takes a task back that has not left yet. */
  remove(place: Place): boolean {
    const at = this.#places.indexOf(place);
    if (at !== -1) this.#places.splice(at, 1);
    return at !== -1;
  }

  /** Sends what has gathered. An input that cannot be encoded costs its own task only. */
  send(): void {
    const places = this.#places;
    if (places.length === 0) return;
    this.#places = [];
    if (this.#trySend(places) === undefined) return;
    const sendable: Place[] = [];
    for (const place of places) {
      const reason = this.#channel.refusal(place.task?.input);
      if (reason === undefined) sendable.push(place);
      else this.#onRefused(place, reason);
    }
    // Each can be encoded; if all together cannot, it is for their size.
    if (sendable.length === 0 || this.#trySend(sendable) === undefined) return;
    for (const place of sendable) {
      const reason = this.#trySend([place]);
      if (reason !== undefined) this.#onRefused(place, reason);
    }
  }

  /** Why they could not be sent, or undefined when they were. */
  #trySend(places: readonly Place[]): string | undefined {
    const meta = new Uint32Array(places.length * TASK_WORDS);
    const inputs: unknown[] = [];
    let extras: Map<number, TaskExtras> | undefined;
    let at = 0;
    for (const place of places) {
      const task = place.task as Task;
      meta[at] = place.wireId;
      const alone = task.timeoutMs < Infinity || task.deadlineMs < Infinity ? CLAIM_ALONE : 0;
      meta[at + 1] = (this.#handlers.get(task.name) ?? 0) | alone | (task.attempt << 16);
      meta[at + 2] = task.id;
      meta[at + 3] = task.id / 2 ** 32;
      if (task.wantsProgress || task.deadlineEpochMs !== undefined) {
        extras ??= new Map();
        extras.set(inputs.length, { deadline: task.deadlineEpochMs, wantsProgress: task.wantsProgress });
      }
      inputs.push(task.input);
      at += TASK_WORDS;
    }
    try {
      const sentAt = this.#channel.send(FRAME.tasks, [inputs, extras] satisfies TasksBody, meta);
      for (const place of places) place.sentAt = sentAt;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
