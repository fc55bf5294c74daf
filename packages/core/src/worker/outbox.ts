import type { TransferListItem } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import { toRefusal } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import { CALM, CLAIM_ALONE, FRAME, TASK_WORDS, type FrameChannel, type TaskExtras } from '../wire/frame.js';
import type { Task } from '../task/task.js';
import type { Place } from './place.js';

/** Tasks assigned within this turn of the event loop; they leave in one frame. */
export class Outbox {
  readonly #channel: FrameChannel;
  readonly #clock: Clock;
  /** Told of a task whose input cannot be sent; it is not on its way then. */
  readonly #onRefused: (place: Place, refusal: Refusal) => void;
  #places: Place[] = [];

  constructor(channel: FrameChannel, clock: Clock, onRefused: (place: Place, refusal: Refusal) => void) {
    this.#channel = channel;
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  get isEmpty(): boolean {
    return this.#places.length === 0;
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

  /** Sends one task in a frame of its own. */
  sendAlone(place: Place): void {
    const refusal = this.#trySend([place]);
    if (refusal !== undefined) this.#onRefused(place, refusal);
  }

  /** Sends what has gathered. An input that cannot be encoded costs its own task only. */
  send(isCalm: boolean): void {
    const places = this.#places;
    if (places.length === 0) return;
    this.#places = [];
    const refusal = this.#trySend(places, isCalm);
    if (refusal === undefined) return;
    if (places.length === 1) {
      this.#onRefused(places[0] as Place, refusal);
      return;
    }
    const together: Place[] = [];
    const alone: Place[] = [];
    for (const place of places) {
      const task = place.task as Task;
      // What is to be moved cannot be tried out: trying moves it.
      const refused = task.isOneShot ? undefined : this.#channel.refusal(task.input);
      if (refused !== undefined) this.#onRefused(place, refused);
      else (task.isOneShot ? alone : together).push(place);
    }
    // Each can be encoded; if all together cannot, it is for their size.
    if (together.length > 0 && this.#trySend(together) !== undefined) alone.unshift(...together);
    for (const place of alone) this.sendAlone(place);
  }

  /** Why they could not be sent, or undefined when they were. */
  #trySend(places: readonly Place[], isCalm = false): Refusal | undefined {
    const meta = new Uint32Array(places.length * TASK_WORDS);
    const values: unknown[] = [];
    let extras: Map<number, TaskExtras> | undefined;
    let transfer: TransferListItem[] | undefined;
    const nowMs = this.#clock.now();
    let at = 0;
    for (const place of places) {
      const task = place.task as Task;
      place.assignedAt = nowMs;
      meta[at] = place.wireId;
      const alone = task.timeoutMs < Infinity || task.deadlineMs < Infinity ? CLAIM_ALONE : 0;
      meta[at + 1] = place.handler | alone | (isCalm ? CALM : 0) | (task.attempt << 16);
      meta[at + 2] = task.id;
      meta[at + 3] = task.id / 2 ** 32;
      if (task.wantsProgress || task.deadlineEpochMs !== undefined) {
        extras ??= new Map();
        extras.set(values.length, { deadline: task.deadlineEpochMs, wantsProgress: task.wantsProgress });
      }
      if (task.extras.transfer !== undefined) (transfer ??= []).push(...task.extras.transfer);
      values.push(task.input);
      at += TASK_WORDS;
    }
    try {
      const sentAt = this.#channel.send(FRAME.tasks, extras, { meta, values, transfer });
      for (const place of places) place.sentAt = sentAt;
      if (transfer !== undefined)
        for (const { task } of places) if (task?.isOneShot === true) task.history.isSpent = true;
      return undefined;
    } catch (error) {
      return toRefusal(error);
    }
  }
}
