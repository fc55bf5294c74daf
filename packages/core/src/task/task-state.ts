/**
 * The life of a task. queued: in the pool's queue. running: handed to a worker. retrying: waits for its next try, in
 * no queue and on no worker. settled: its promise is.
 */
export type TaskState = 'queued' | 'running' | 'retrying' | 'settled';

/** Legal moves. From running back to queued goes a task whose worker died before it ran, or without its fault. */
export const TASK_MOVES: Readonly<Record<TaskState, readonly TaskState[]>> = {
  queued: ['running', 'settled'],
  running: ['queued', 'retrying', 'settled'],
  retrying: ['queued', 'settled'],
  settled: [],
};
