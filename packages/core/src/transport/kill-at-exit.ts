import { process } from '../base/natives.js';

/** Something that must not outlive this process. */
export interface Killable {
  kill(): void;
}

const alive = new Set<Killable>();

/**
 * Kills it when this process exits, unless it was let go before. A worker between tasks ends by itself when its link
 * closes; this is for one that is busy and would not look.
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
