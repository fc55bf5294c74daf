import { isMainThread } from 'node:worker_threads';
import { hostNowMs } from '../../base/clock.js';
import { MEASURE_BLOCKED } from '../../base/measure-blocked.js';
import { messageOf } from '../../base/message-of.js';
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../../base/natives.js';
import type { ProfileTerms } from '../../contract/profile-messages.js';
import type { MeasuredMessage } from '../../wire/messages.js';
import { IoWatch } from '../io/io-watch.js';
import { LabelWriter } from './label-track.js';
import { ProfileWindows } from './profile-window.js';
import type { ProfiledHost, ProfiledTasks } from './profiled-worker.js';
import { RunningLabel } from './running-label.js';
import type { TaskHooks } from './task-hooks.js';
import { TaskMeter } from './task-meter.js';
import { UsageMeter } from './usage-meter.js';

/** Sends to the parent, in one way or another. */
type Send = (message: MeasuredMessage) => unknown;

/** Time between two messages while there are tasks. The readings alone take some 0.2 ms where handlers have filled the caches. */
const SEND_EVERY_MS = 250;

export interface WorkerProfilerParts extends ProfiledHost {
  send(message: MeasuredMessage): void;
}

export function openProfiler(parts: WorkerProfilerParts): WorkerProfiler {
  return new WorkerProfiler(parts);
}

/** Measures a worker from within: what it uses, and at level 'cpu' what its code does. */
export class WorkerProfiler {
  readonly hooks: TaskHooks;
  readonly #parts: WorkerProfilerParts;
  readonly #meter = new TaskMeter();
  #usage: UsageMeter;
  readonly #labels = new LabelWriter();
  readonly #running = new RunningLabel(hostNowMs);
  readonly #io: IoWatch;
  #windows: ProfileWindows | undefined;
  /** Whether this thread is sampled, or was. */
  #isSampled = false;
  #tasks: ProfiledTasks | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;
  #endWatch: (() => void) | undefined;
  /** Whether it is at work now: `measureBlocked` may come at any point of the code. */
  #isBusy = false;

  constructor(parts: WorkerProfilerParts) {
    this.#parts = parts;
    this.#usage = this.#newMeter();
    this.#io = new IoWatch(() => this.#running.task, {
      isConcurrent: () => (this.#tasks?.concurrency() ?? 1) > 1,
      isShared: parts.isInline === true,
    });
    const inTask: TaskHooks['inTask'] = (handler, call) =>
      this.#io.callerOf(this.#tasks?.handlers[handler] ?? '', call);
    this.hooks = hooksOf(this.#meter, this.#running, () => this.#windows !== undefined, inTask);
  }

  /** Takes the terms that hold from now on. */
  apply(terms: ProfileTerms): void {
    this.#work(() => {
      if (terms.io) this.#io.start();
      else this.#io.stop();
      const wantsProfile = terms.level === 'cpu' && !this.#parts.isInline;
      if (!wantsProfile) {
        this.#endWindows(this.#parts.send);
        return;
      }
      this.#isSampled = true;
      if (this.#windows === undefined) {
        this.#windows = new ProfileWindows(this.#labels, terms);
        this.#running.write(this.#labels);
        this.#offer();
      }
      this.#windows.terms = terms;
      this.#renew(this.#parts.send);
    });
    this.keepComing();
  }

  /** Begins to measure tasks. What the start of the worker took is no part of them. */
  serve(tasks: ProfiledTasks): void {
    this.#tasks = tasks;
    this.#usage.stop();
    this.#usage = this.#newMeter();
    this.#meter.serve(
      tasks.handlers,
      tasks.uses.map((use) => use.totals(hostNowMs())),
    );
    this.#running.serve(tasks.handlers);
  }

  /** Looks at the loop while there are tasks. Profiles pause at rest: their samples would wake a core a thousand times a second. */
  keepComing(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), SEND_EVERY_MS).unref();
    this.#usage.watch(true);
    if (this.#rest !== undefined) clearTimeout(this.#rest);
    this.#rest = undefined;
    const windows = this.#windows;
    if (windows?.isOpen === false) this.#work(() => this.#openWindow(windows, this.#parts.send));
  }

  /** Sends all that was measured so far. */
  measure(): void {
    this.#work(() => {
      this.#tasks?.report();
      this.#sendAll(this.#parts.send);
    });
  }

  /** Sends the last measurements, and lets go of everything. */
  end(): void {
    this.#work(() => {
      this.#tasks?.report();
      this.#endWindows(this.#parts.send);
      this.#parts.send({ usage: this.#read(), io: this.#takeIo(), isLast: true });
    });
    this.stop();
  }

  /** Lets go of everything. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#rest !== undefined) clearTimeout(this.#rest);
    this.#endWindows(() => {});
    this.#io.stop();
    this.#usage.stop();
  }

  #look(): void {
    try {
      this.#lookNow();
    } catch {
      // The link is broken, and the worker ends by that.
      this.stop();
    }
  }

  #lookNow(): void {
    const isIdle = this.#tasks?.isIdle() !== false;
    this.#work(() => {
      this.#sendUsage(this.#parts.send);
      if (this.#windows?.isDue === true) this.#renew(this.#parts.send);
    });
    if (isIdle) this.#pause();
  }

  /** Nothing more to look at. A window that is open lasts for its time. */
  #pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#usage.watch(false);
    const windows = this.#windows;
    if (windows?.isOpen !== true) return;
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      try {
        this.#work(() => this.#sendParts(windows, this.#parts.send));
      } catch {
        // As above.
        this.stop();
      }
    }, windows.dueInMs).unref();
  }

  #sendAll(send: Send): void {
    this.#sendUsage(send);
    if (this.#windows?.isOpen === true) this.#renew(send);
  }

  #sendUsage(send: Send): void {
    send({ usage: this.#read(), io: this.#takeIo() });
  }

  #takeIo(): MeasuredMessage['io'] {
    const taken = this.#io.take();
    return taken.io.length + taken.unknown.length + taken.folded > 0 ? taken : undefined;
  }

  #newMeter(): UsageMeter {
    const uses = this.#tasks?.uses ?? [];
    return new UsageMeter(
      isMainThread && this.#parts.isInline !== true,
      uses.map((use) => use.totals(hostNowMs())),
    );
  }

  #read(): MeasuredMessage['usage'] {
    return this.#usage.read(this.#meter, this.#tasks?.uses ?? [], this.#isSampled);
  }

  /** Ends the present window, and begins the next one. */
  #renew(send: Send): void {
    const windows = this.#windows;
    if (windows === undefined) return;
    this.#sendParts(windows, send);
    this.#openWindow(windows, send);
  }

  #openWindow(windows: ProfileWindows, send: Send): void {
    try {
      windows.open();
    } catch (error) {
      const now = hostNowMs();
      send({ part: { kind: 'lost', what: 'cpu', fromMs: now, toMs: now, why: messageOf(error) } });
      this.#windows = undefined;
    }
  }

  #sendParts(windows: ProfileWindows, send: Send): void {
    for (const part of windows.close()) {
      try {
        send({ part });
      } catch (error) {
        // Larger than `maxPayloadBytes`.
        if (part.kind === 'lost') throw error;
        const now = hostNowMs();
        send({ part: { kind: 'lost', what: part.kind, fromMs: now, toMs: now, why: messageOf(error) } });
      }
    }
  }

  #endWindows(send: Send): void {
    const windows = this.#windows;
    if (windows === undefined) return;
    this.#windows = undefined;
    this.#running.write(undefined);
    this.#sendParts(windows, send);
    windows.end();
    delete (globalThis as Record<symbol, unknown>)[MEASURE_BLOCKED];
    this.#endWatch?.();
  }

  /** Lets another thread measure this one while a handler blocks it. */
  #offer(): void {
    const { sendNow = (message: MeasuredMessage) => (this.#parts.send(message), true) } = this.#parts;
    const value = (): void => {
      // In the middle of own work, nothing is consistent. The first message shows whether the link takes any.
      if (this.#isBusy || this.#windows === undefined) return;
      this.#work(() => {
        if (!sendNow({ usage: this.#read() })) return;
        if (this.#windows?.isOpen === true) this.#renew(sendNow);
        sendNow({ isAnswer: true });
      });
    };
    Object.defineProperty(globalThis, MEASURE_BLOCKED, { value, configurable: true });
    this.#endWatch = this.#parts.watchBlocked?.();
  }

  /** Times own work. */
  #work(act: () => void): void {
    const begin = hostNowMs();
    this.#isBusy = true;
    try {
      act();
    } finally {
      this.#isBusy = false;
      this.#usage.worked(hostNowMs() - begin);
    }
  }
}

/** Bound functions of one object: a hook costs one call. */
function hooksOf(
  meter: TaskMeter,
  running: RunningLabel,
  hasTrack: () => boolean,
  inTask: TaskHooks['inTask'],
): TaskHooks {
  return {
    inTask,
    decoded: (handler, ms) => meter.decoded(handler, ms),
    encoded: (handler, ms) => meter.encoded(handler, ms),
    sent: (ms) => meter.sent(ms),
    called: (handler, atMs) => running.called(handler, atMs),
    returned(ms) {
      meter.returned(ms);
      running.returned(ms);
    },
    waits: (handler, calls) => running.waits(handler, calls),
    settled: (handler, calls) => running.settled(handler, calls),
    section: (path) => (hasTrack() ? running.section(path) : undefined),
  };
}
