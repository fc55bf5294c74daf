import type { callHandler } from '../call-handler.js';

/**
 * What a profiler learns of tasks while they run. Handlers are named by their index. A worker without a profiler has none of these,
 * and pays one comparison at each place that would call one.
 */
export interface TaskHooks {
  /** An input was decoded. */
  decoded(handler: number, ms: number): void;
  /** A result was encoded, and written where it goes to the log. */
  encoded(handler: number, ms: number): void;
  /** A frame of results was put together and handed to the link, outside of the writing of one. */
  sent(ms: number): void;
  /** What calls this handler. @param call what calls it otherwise */
  inTask(handler: number, call: typeof callHandler): typeof callHandler;
  /** A handler is called, at this time of the host clock. */
  called(handler: number, atMs: number): void;
  /** It has returned, or has thrown, after this time. */
  returned(ms: number): void;
  /** Its call is not over, for it has returned a promise. @param calls number of such calls, this one included */
  waits(handler: number, calls: number): void;
  /** Such a call is over. @param calls number of those that are left */
  settled(handler: number, calls: number): void;
  /** Another section is open; '' for none. */
  section(path: string): void;
}

/** Where the code of tasks finds the hooks of a profiler, if there are any now. */
export interface ProfileSwitch {
  readonly hooks: TaskHooks | undefined;
  /** Whether a sampler runs in this thread, or ran. */
  readonly isSampled: boolean;
}

/** For parts of a worker that no profiler reaches. */
export const UNPROFILED: ProfileSwitch = { hooks: undefined, isSampled: false };
