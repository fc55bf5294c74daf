import { getBuiltinModule, process } from '../base/natives.js';

/** The lowest priority that there is: the system's own scale goes from -20 to 19. */
const LOWEST = 19;

/**
 * Lowers the priority of this worker with the system. Called before anything of the user's is loaded; threads that are made later
 * inherit it.
 * @param by steps below the present priority, since a program may lower its priority and not raise it
 * @param isThread whether this worker is a thread of the program. Linux has a priority for each thread
 */
export function lowerPriority(by: number, isThread: boolean): void {
  if (by === 0) return;
  const { getPriority, setPriority } = getBuiltinModule('node:os');
  const priority = Math.min(LOWEST, getPriority() + by);
  setPriority(priority);
  if (isThread || process.platform !== 'linux') return;
  for (const id of ownThreads()) {
    try {
      setPriority(id, priority);
    } catch {
      // It has ended since. This thread has its priority, and those to come inherit it.
    }
  }
}

/** The threads of this process: V8 and libuv have made theirs by now, for garbage collection and files. */
function ownThreads(): number[] {
  try {
    return getBuiltinModule('node:fs').readdirSync('/proc/self/task').map(Number);
  } catch {
    // Not every sandbox shows them. The thread that runs the handlers has its priority.
    return [];
  }
}
