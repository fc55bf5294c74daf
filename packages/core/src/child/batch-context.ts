import { AbortController } from '../base/natives.js';
import type { BatchContext } from '../contract/batch.js';
import type { WorkerCache } from '../contract/worker-cache.js';
import type { TaskSection } from '../contract/worker-module.js';
import type { BatchItem, ItemOwner } from './batch-item.js';
import type { WorkerScope } from './running-task.js';
import { callOwner, type SectionOwner } from './section-owner.js';

/** One call of a batch handler; it is the handler's `ctx`. */
export class RunningBatch implements BatchContext, ItemOwner {
  readonly items: readonly BatchItem[];
  readonly #name: string;
  readonly #scope: WorkerScope;
  readonly #firstId: number;
  #wanted: number;
  // Created on first access: most handlers never need it.
  #controller: AbortController | undefined;

  /** @param items the context of each input */
  constructor(scope: WorkerScope, name: string, items: readonly BatchItem[]) {
    this.#scope = scope;
    this.#name = name;
    this.items = items;
    this.#wanted = items.length;
    this.#firstId = items[0]?.openId ?? 0;
    for (const item of items) item.owner = this;
  }

  get workerId(): number {
    return this.#scope.workerId;
  }

  get slot(): number {
    return this.#scope.slot;
  }

  get cache(): WorkerCache {
    return this.#scope.cache;
  }

  get workerData(): unknown {
    return this.#scope.workerData;
  }

  get data(): unknown {
    return this.#scope.data;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  // Getters, so that a handler may destructure its context.
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
    return callOwner(this.#name, this.#firstId, this.items);
  }

  dropped(reason: unknown): void {
    if (--this.#wanted === 0) (this.#controller ??= new AbortController()).abort(reason);
  }
}
