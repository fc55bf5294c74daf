import type { Task } from '../task/task.js';

/** Extra wait, for each step of lower priority, after which a task goes before another: the contract of RunOptions.priority. */
const AGING_MS = 1000;

/** Whether the first of these tasks goes before the second, by their priorities and how long they have waited. */
export function goesBefore(first: Task, second: Task): boolean {
  return orderMs(first) < orderMs(second);
}

/** The place of a task in the order of all that wait: the least goes first. */
export function orderMs({ dueAt, priority }: Pick<Task, 'dueAt' | 'priority'>): number {
  return dueAt - priority * AGING_MS;
}
