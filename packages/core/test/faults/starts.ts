import { existsSync, readFileSync } from 'node:fs';

/** Names the file in which fixtures/count-start.mjs notes each call of a handler. */
export const STARTS = 'MILLPOND_FAULT_STARTS';

/** One call of a handler. */
export interface Start {
  taskId: number;
  attempt: number;
}

/** All calls that were noted, oldest first. */
export function readStarts(path: string): Start[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [taskId, attempt] = line.split(' ').map(Number);
    return { taskId, attempt } as Start;
  });
}

/** The calls that must not be: of an attempt that was noted before, or, where none may run again, of any but the first. */
export function startedAgain(starts: readonly Start[], mayRunAgain: boolean): Start[] {
  const seen = new Set<string>();
  return starts.filter(({ taskId, attempt }) => {
    const name = `${taskId} ${attempt}`;
    const isKnown = seen.has(name);
    seen.add(name);
    return isKnown || (attempt !== 1 && !mayRunAgain);
  });
}

/** What lets a task run again, in the options of a pool, of a kind of tasks and of a call. */
interface Leave {
  retry?: unknown;
  idempotent?: boolean;
  tasks?: Record<string, Leave | undefined>;
}

/** Whether these options let a task run again. */
export function allowsMore({ retry, idempotent, tasks = {} }: Leave): boolean {
  return retry !== undefined || idempotent === true || Object.values(tasks).some((own) => allowsMore(own ?? {}));
}
