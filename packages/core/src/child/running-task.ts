import { AbortController } from '../base/natives.js';
import type { TaskContext } from '../contract/worker-module.js';
import type { RowExtras } from '../wire/messages.js';
import type { ProgressSender } from './progress.js';
import type { SectionRecorder } from './section-recorder.js';

/** Parts that all tasks of one worker share. */
export interface WorkerScope {
  readonly workerId: number;
  readonly workerData: unknown;
  data: unknown;
  readonly sections: SectionRecorder;
  readonly progress: Pick<ProgressSender, 'send' | 'end'>;
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

  get workerData(): unknown {
    return this.#scope.workerData;
  }

  get data(): unknown {
    return this.#scope.data;
  }

  get deadline(): number | undefined {
    return this.#extras?.deadline;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  // Getters, so that a handler may destructure its context: `(input, { progress }) => …`. The function is created on access,
  // since most handlers never need it.
  get progress(): (value: unknown) => boolean {
    return (value) => this.#extras?.wantsProgress !== true || this.#scope.progress.send(this.#id, value);
  }

  get section(): <T>(name: string, fn: () => T) => T {
    return (name, fn) => this.#scope.sections.run(this.#name, name, fn);
  }

  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }
}
