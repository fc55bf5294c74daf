import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { RosterParts } from './roster.js';

/** What a dispatcher needs of the pool around it. */
export interface DispatcherParts extends RosterParts {
  /** The pool, as an identity for traces. */
  pool: object;
  moduleUrl: string;
  options: ResolvedOptions;
  /** Tasks running at once in one worker; it may change. */
  concurrency(): number;
  /** Cores that the program may use. */
  cores(): number;
  registry: TaskRegistry;
  random(): number;
  /** Reports that everything possible was handed out, and that `queued` tasks still wait. */
  onHandedOut(queued: number): void;
}
