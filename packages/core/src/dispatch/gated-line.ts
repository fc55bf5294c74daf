import { type Linked, LinkedQueue } from '../base/linked-queue.js';
import type { Gate } from '../limits/gate.js';
import type { TaskLimits, Ticket } from '../limits/task-limits.js';
import { orderMs } from './task-order.js';
import type { Sleeper, Wakes } from './wakes.js';

/** Most keys that `mayBegin` looks at one by one. It only has to tell whether all cores have something to do. */
const LOOKED_AT = 64;

/** A task that waits in a line, or a call of a wrapped function. */
export interface Gated<T> extends Linked<T> {
  /** Time since which it waits, and its priority, for `orderMs`. */
  readonly dueAt: number;
  readonly priority: number;
  readonly extras: { readonly ticket?: Ticket | undefined };
}

/** Tasks of one line that have the same keys, in order. */
class Lane<T extends Gated<T>> implements Linked<Lane<T>>, Sleeper {
  next: Lane<T> | undefined;
  previous: Lane<T> | undefined;
  wakeAtMs = 0;
  heapIndex = -1;
  readonly key: string;
  readonly tasks = new LinkedQueue<T>();
  /** The limits of its tasks. */
  readonly gates: readonly Gate[];
  /** The limit that holds it back; undefined while it is open. */
  blockedBy: Gate | undefined;
  /** Its place among the limits of the name. */
  blockedPlace = -1;
  /** Time for which its tasks have been held back, up to `sinceMs`. */
  blockedMs = 0;
  /** While it is open, a value of `#blockedAt`; else a time of the clock. */
  sinceMs: number;
  readonly #wake: (lane: Lane<T>) => void;

  constructor(key: string, gates: readonly Gate[], sinceMs: number, wake: (lane: Lane<T>) => void) {
    this.key = key;
    this.gates = gates;
    this.sinceMs = sinceMs;
    this.#wake = wake;
  }

  wake(): void {
    this.#wake(this);
  }
}

/**
 * Waiting tasks of one name and one priority whose name has limits. Tasks with the same keys are a lane, in the order they came.
 * Open lanes take turns, one task each. A lane whose first task finds a limit of its key used up is closed until that limit wakes
 * it. A limit without a key closes the whole line, so that a costly task is not overtaken for ever. Nor do tasks of another line
 * pass one that goes before them, as one of higher priority does.
 */
export class GatedLine<T extends Gated<T>> implements Sleeper {
  wakeAtMs = 0;
  heapIndex = -1;
  /** Its tasks, those that are held back included. */
  size = 0;
  readonly #limits: TaskLimits;
  readonly #wakes: Wakes;
  readonly #lanes = new Map<string, Lane<T>>();
  readonly #open = new LinkedQueue<Lane<T>>();
  /** Tasks in open lanes. */
  #openSize = 0;
  /** The limit without a key that holds back all lanes. */
  #blockedBy: Gate | undefined;
  /** Its place among the limits of the name. */
  #blockedPlace = -1;
  /** Time for which it has been held back, up to its last opening; and when it was closed. */
  #blockedMs = 0;
  #blockedSinceMs = 0;

  constructor(limits: TaskLimits, wakes: Wakes) {
    this.#limits = limits;
    this.#wakes = wakes;
  }

  /** Tasks that no limit is known to hold back. */
  get openSize(): number {
    return this.#blockedBy === undefined ? this.#openSize : 0;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { tasks } of this.#lanes.values()) yield* tasks;
  }

  push(task: T): void {
    this.#enter(task).tasks.push(task);
  }

  /** Puts a task back at the head of its lane, and its lane first. */
  unshift(task: T): void {
    const lane = this.#enter(task);
    lane.tasks.unshift(task);
    this.#reconsider(lane);
    this.#open.remove(lane);
    this.#open.unshift(lane);
  }

  /** Removes a task that is not wanted any more. */
  remove(task: T): void {
    const lane = this.#laneOf(task);
    const wasFirst = lane.tasks.first === task;
    this.#leave(lane, task);
    // The next task may cost less.
    if (wasFirst) this.#reconsider(lane);
  }

  /** Removes a task because a worker takes it. The other lanes come next. */
  take(task: T): void {
    const lane = this.#laneOf(task);
    this.#leave(lane, task);
    if (lane.tasks.size === 0 || lane.blockedBy !== undefined) return;
    this.#open.remove(lane);
    this.#open.push(lane);
  }

  /** Notes that the costs of a waiting batch have changed by those of an item. @param by 1 or -1 */
  costChanged(task: T, item: Ticket, by: 1 | -1): void {
    const lane = this.#laneOf(task);
    this.#limits.reserveItem(lane.gates, item, by);
    // It may cost little enough now.
    if (by < 0 && lane.tasks.first === task) this.#reconsider(lane);
  }

  /** The next task to go; undefined while limits hold back all of them. */
  get first(): T | undefined {
    if (this.#blockedBy !== undefined || this.#open.size === 0) return undefined;
    const now = this.#wakes.now();
    for (let lane = this.#open.first; lane !== undefined; lane = this.#open.first) {
      const task = lane.tasks.first as T;
      const order = orderMs(task);
      const at = closedAt(lane.gates, ticketOf(task), order, now);
      if (at === -1) return task;
      const gate = lane.gates[at] as Gate;
      const ownAtMs = gate.readyAtMs(ticketOf(task).costs[at] as number, now);
      // Where another line goes before this one, that one wakes it.
      const readyAtMs = ownAtMs > now ? ownAtMs : Infinity;
      if (at >= this.#limits.keyed) {
        this.#blockedPlace = at;
        this.#shut(gate, order, readyAtMs, now);
        return undefined;
      }
      lane.blockedPlace = at;
      this.#close(lane, gate, order, readyAtMs, now);
    }
    return undefined;
  }

  /** About how many of its tasks may begin now, if there are workers enough. */
  get mayBegin(): number {
    if (this.openSize === 0) return 0;
    const now = this.#wakes.now();
    const { keyed } = this.#limits;
    let sum = 0;
    let looks = 0;
    let most = Infinity;
    for (const { tasks, gates } of this.#open) {
      const { costs } = ticketOf(tasks.first as T);
      let own = tasks.size;
      for (let at = 0; at < keyed; at++) own = Math.min(own, gateAt(gates, at).mayBegin(costs[at] as number, now));
      if (looks === 0) {
        for (let at = keyed; at < gates.length; at++) {
          most = Math.min(most, gateAt(gates, at).mayBegin(costs[at] as number, now));
        }
      }
      sum += own;
      if (++looks === LOOKED_AT || sum >= most) break;
    }
    return Math.min(sum, most);
  }

  wake(): void {
    if (this.#blockedBy === undefined) return;
    const blockedMs = this.#wakes.now() - this.#blockedSinceMs;
    this.#blockedMs += blockedMs;
    this.#limits.noteBlocked(this.#blockedPlace, blockedMs * this.size);
    const gate = this.#blockedBy;
    this.#blockedBy = undefined;
    this.#wakes.cancel(this);
    gate.forget(this);
    this.#wakes.noteWoken();
  }

  /** The lane that a task joins. */
  #enter(task: T): Lane<T> {
    const ticket = ticketOf(task);
    let lane = this.#lanes.get(ticket.line);
    if (lane === undefined) {
      const now = this.#wakes.now();
      const gates = this.#limits.gatesOf(ticket, now);
      for (const gate of gates) gate.lines++;
      lane = new Lane(ticket.line, gates, this.#blockedAt(now), (each) => this.#wakeLane(each));
      this.#lanes.set(ticket.line, lane);
      this.#open.push(lane);
    }
    this.#limits.reserve(lane.gates, ticket, 1);
    ticket.limitWaitMs -= this.#blockedOf(lane);
    this.size++;
    if (lane.blockedBy === undefined) this.#openSize++;
    return lane;
  }

  #leave(lane: Lane<T>, task: T): void {
    const ticket = ticketOf(task);
    this.#limits.reserve(lane.gates, ticket, -1);
    ticket.limitWaitMs += this.#blockedOf(lane);
    lane.tasks.remove(task);
    this.size--;
    if (lane.blockedBy === undefined) this.#openSize--;
    if (lane.tasks.size === 0) this.#drop(lane);
  }

  #drop(lane: Lane<T>): void {
    if (lane.blockedBy === undefined) this.#open.remove(lane);
    this.#wakes.cancel(lane);
    this.#lanes.delete(lane.key);
    for (const gate of lane.gates) gate.lines--;
    lane.blockedBy?.forget(lane);
    if (this.size === 0) this.wake();
  }

  #laneOf(task: T): Lane<T> {
    return this.#lanes.get(ticketOf(task).line) as Lane<T>;
  }

  /** Looks at a lane again, whose first task is another one. */
  #reconsider(lane: Lane<T>): void {
    if (lane.tasks.size > 0) this.#wakeLane(lane);
    this.wake();
  }

  #wakeLane(lane: Lane<T>): void {
    if (lane.blockedBy === undefined) return;
    const now = this.#wakes.now();
    this.#limits.noteBlocked(lane.blockedPlace, (now - lane.sinceMs) * lane.tasks.size);
    lane.blockedMs += now - lane.sinceMs;
    lane.sinceMs = this.#blockedAt(now);
    const gate = lane.blockedBy;
    lane.blockedBy = undefined;
    this.#wakes.cancel(lane);
    this.#open.push(lane);
    this.#openSize += lane.tasks.size;
    // Last, because it wakes others.
    gate.forget(lane);
    this.#wakes.noteWoken();
  }

  #close(lane: Lane<T>, gate: Gate, order: number, readyAtMs: number, now: number): void {
    lane.blockedMs += this.#blockedAt(now) - lane.sinceMs;
    lane.sinceMs = now;
    lane.blockedBy = gate;
    this.#open.remove(lane);
    this.#openSize -= lane.tasks.size;
    gate.await(lane, order);
    if (readyAtMs < Infinity) this.#wakes.wakeAt(lane, readyAtMs);
  }

  #shut(gate: Gate, order: number, readyAtMs: number, now: number): void {
    this.#blockedBy = gate;
    this.#blockedSinceMs = now;
    gate.await(this, order);
    if (readyAtMs < Infinity) this.#wakes.wakeAt(this, readyAtMs);
  }

  /** Time for which the whole line has been held back, at this time. */
  #blockedAt(now: number): number {
    return this.#blockedBy === undefined ? this.#blockedMs : this.#blockedMs + now - this.#blockedSinceMs;
  }

  /** Time for which a lane has been held back up to now: by its own limits, or with its line. */
  #blockedOf(lane: Lane<T>): number {
    if (lane.blockedBy === undefined && this.#blockedBy === undefined)
      return lane.blockedMs + this.#blockedMs - lane.sinceMs;
    const now = this.#wakes.now();
    return lane.blockedMs + (lane.blockedBy === undefined ? this.#blockedAt(now) : now) - lane.sinceMs;
  }
}

function ticketOf({ extras }: Pick<Gated<unknown>, 'extras'>): Ticket {
  return extras.ticket as Ticket;
}

function gateAt(gates: readonly Gate[], at: number): Gate {
  return gates[at] as Gate;
}

/** Index of the first limit that holds a task back; -1 if none does. @param order see `orderMs` */
function closedAt(gates: readonly Gate[], { costs }: Ticket, order: number, now: number): number {
  for (let at = 0; at < gates.length; at++) {
    const gate = gateAt(gates, at);
    if (gate.readyAtMs(costs[at] as number, now) > now || gate.isAwaitedBefore(order)) return at;
  }
  return -1;
}
