import { AbortController } from '../base/natives.js';
import { frozenHeaders, type Headers, NO_HEADERS } from '../contract/headers.js';
import { checkUsed } from '../contract/used-units.js';
import type { WorkerCache } from '../contract/worker-cache.js';
import type { TaskContext, TaskSection } from '../contract/worker-module.js';
import type { RowExtras } from '../wire/messages.js';
import { boundToTask } from './clean-context.js';
import type { FlowTable } from './flow-table.js';
import type { ProgressSender } from './progress.js';
import type { SectionOwner } from './section-owner.js';
import type { SectionRecorder } from './section-recorder.js';
import type { UsageReports } from './usage-reports.js';

/** Parts that all tasks of one worker share. */
export interface WorkerScope {
  readonly workerId: number;
  readonly slot: number;
  readonly workerData: unknown;
  data: unknown;
  readonly cache: WorkerCache;
  readonly sections: SectionRecorder;
  readonly progress: Pick<ProgressSender, 'send' | 'end'>;
  readonly flows: Pick<FlowTable, 'open' | 'of' | 'end'>;
  readonly usage: Pick<UsageReports, 'report' | 'end'>;
}

/** One call of a handler; it is the handler's `ctx`. */
export class RunningTask implements TaskContext {
  readonly taskId: number;
  readonly attempt: number;
  /** Its name between parent and worker. */
  readonly #id: number;
  readonly #name: string;
  readonly #scope: WorkerScope;
  readonly #extras: RowExtras | undefined;
  // Created on first access: most handlers never need it, and a controller costs more than an empty task.
  #controller: AbortController | undefined;
  #isOver = false;

  constructor(scope: WorkerScope, id: number, name: string, taskId: number, attempt: number, extras?: RowExtras) {
    this.#scope = scope;
    this.#id = id;
    this.#name = name;
    this.taskId = taskId;
    this.attempt = attempt;
    this.#extras = extras;
  }

  get workerId(): number {
    return this.#scope.workerId;
  }

  get slot(): number {
    return this.#scope.slot;
  }

  get workerData(): unknown {
    return this.#scope.workerData;
  }

  get data(): unknown {
    return this.#scope.data;
  }

  get cache(): WorkerCache {
    return this.#scope.cache;
  }

  get deadline(): number | undefined {
    return this.#extras?.deadline;
  }

  get headers(): Headers {
    const extras = this.#extras;
    if (extras?.headers === undefined) return NO_HEADERS;
    // On first access, since most handlers never look.
    if (!Object.isFrozen(extras.headers)) extras.headers = frozenHeaders(extras.headers);
    return extras.headers;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  // Getters, so that a handler may destructure its context: `(input, { progress }) => …`. The function is created on access,
  // since most handlers never need it.
  get progress(): (value: unknown) => boolean {
    return (value) => {
      if (this.#extras?.wantsProgress !== true || this.#isOver) return true;
      return this.#scope.progress.send(this.#id, value);
    };
  }

  get post(): (value: unknown) => boolean {
    return (value) => {
      if (this.#extras?.flows?.hasMessages !== true) return true;
      // Undefined when the handler has ended.
      return this.#scope.flows.of(this.#id)?.post(value) ?? false;
    };
  }

  get on(): TaskContext['on'] {
    return (event, listener) => {
      if (event !== 'message' || typeof listener !== 'function') {
        throw new TypeError('ctx.on() takes the event "message" and a function.');
      }
      this.#scope.flows.of(this.#id)?.onMessage(boundToTask(listener as (message: unknown) => void));
    };
  }

  get report(): (used: Readonly<Record<string, number>>) => void {
    return (used) => {
      const own = checkUsed(used);
      if (this.#extras?.isMetered === true && !this.#isOver) this.#scope.usage.report(this.#id, own);
    };
  }

  get section(): <T>(name: string, fn: () => T) => T {
    return (name, fn) => this.#scope.sections.run(this.#sectionOwner(), name, fn);
  }

  get open(): (name: string) => TaskSection {
    return (name) => this.#scope.sections.open(this.#sectionOwner(), name);
  }

  get count(): (name: string, n?: number) => void {
    return (name, n = 1) => this.#scope.sections.count(this.#sectionOwner(), name, n);
  }

  #sectionOwner(): SectionOwner {
    return { task: this.#name, id: this.#id };
  }

  /** Its name between parent and worker, unless it has its result. */
  get openId(): number | undefined {
    return this.#isOver ? undefined : this.#id;
  }

  /** Notes that it has its result. A handler may keep its context, and nothing would end what it sends later. */
  end(): void {
    this.#isOver = true;
  }

  abort(reason: unknown): void {
    if (this.#extras?.flows !== undefined) this.#scope.flows.of(this.#id)?.abort(reason);
    (this.#controller ??= new AbortController()).abort(reason);
  }
}
