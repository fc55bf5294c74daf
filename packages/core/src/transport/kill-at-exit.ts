import { process } from '../base/natives.js';

/** Something that must not outlive this process. */
export interface Killable {
  kill(): void;
}

const alive = new Set<Killable>();

/**
 * Kills a child when this process exits, unless it was released before. A worker between tasks ends by itself when its link closes.
 * The kill is for a busy worker, which would not notice.
 */
export function killAtExit(child: Killable): () => void {
  if (alive.size === 0) process.on('exit', killAll);
  alive.add(child);
  return () => {
    alive.delete(child);
    if (alive.size === 0) process.off('exit', killAll);
  };
}

function killAll(): void {
  for (const child of alive) child.kill();
}
