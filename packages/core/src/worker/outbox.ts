import { FRAME, TASK_WORDS, type FrameChannel, type TaskExtras, type TasksBody } from '../wire/frame.js';
import type { Cargo } from './in-hand.js';

/** Tasks assigned within this turn of the event loop; they leave in one frame. */
export class Outbox<T extends Cargo> {
  readonly #channel: FrameChannel;
  /** Index of each handler in the worker's own list. */
  readonly #handlers: ReadonlyMap<string, number>;
  /** Told of a task whose input cannot be sent; it is not on its way then. */
  readonly #onRefused: (task: T, reason: string) => void;
  #tasks: T[] = [];

  constructor(
    channel: FrameChannel,
    handlers: ReadonlyMap<string, number>,
    onRefused: (task: T, reason: string) => void,
  ) {
    this.#channel = channel;
    this.#handlers = handlers;
    this.#onRefused = onRefused;
  }

  add(task: T): void {
    this.#tasks.push(task);
  }

  /** Takes a task back that has not left yet. */
  remove(task: T): boolean {
    const at = this.#tasks.indexOf(task);
    if (at !== -1) this.#tasks.splice(at, 1);
    return at !== -1;
  }

  /** Sends what has gathered. An input that cannot be encoded costs its own task only. */
  send(): void {
    const tasks = this.#tasks;
    if (tasks.length === 0) return;
    this.#tasks = [];
    if (this.#trySend(tasks) === undefined) return;
    const sendable: T[] = [];
    for (const task of tasks) {
      const reason = this.#channel.refusal(task.input);
      if (reason === undefined) sendable.push(task);
      else this.#onRefused(task, reason);
    }
    // Each can be encoded; if all together cannot, it is for their size.
    if (sendable.length === 0 || this.#trySend(sendable) === undefined) return;
    for (const task of sendable) {
      const reason = this.#trySend([task]);
      if (reason !== undefined) this.#onRefused(task, reason);
    }
  }

  /** Why they could not be sent, or undefined when they were. */
  #trySend(tasks: readonly T[]): string | undefined {
    const meta = new Uint32Array(tasks.length * TASK_WORDS);
    const inputs: unknown[] = [];
    let extras: Map<number, TaskExtras> | undefined;
    let at = 0;
    for (const task of tasks) {
      meta[at] = task.wireId;
      meta[at + 1] = (this.#handlers.get(task.name) ?? 0) | (task.attempt << 16);
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
      for (const task of tasks) task.sentAt = sentAt;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
