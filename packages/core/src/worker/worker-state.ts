/** The life of one worker, with what belongs to each step. Times are host clock. */
export type WorkerState =
  | { name: 'starting'; deadlineMs: number }
  | { name: 'warming'; deadlineMs: number }
  | { name: 'idle' }
  | { name: 'busy' }
  | { name: 'draining'; reason: string }
  | { name: 'stopping'; killAtMs: number }
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
