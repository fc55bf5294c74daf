/** The life of one worker, with what belongs to each step. */
export type WorkerState =
  | { name: 'starting' }
  | { name: 'warming' }
  | { name: 'idle' }
  | { name: 'busy' }
  | { name: 'draining'; reason: string; stopWithinMs: number }
  | { name: 'stopping' }
  | { name: 'exited' };

type Name = WorkerState['name'];

/** Legal moves. A child can die at any time, so `exited` follows every state but itself. */
export const WORKER_MOVES: Readonly<Record<Name, readonly Name[]>> = {
  starting: ['warming', 'stopping', 'exited'],
  warming: ['idle', 'stopping', 'exited'],
  idle: ['busy', 'stopping', 'exited'],
  busy: ['idle', 'draining', 'stopping', 'exited'],
  draining: ['stopping', 'exited'],
  stopping: ['exited'],
  exited: [],
};

export function canMove(from: Name, to: Name): boolean {
  return WORKER_MOVES[from].includes(to);
}
