// The module of a handler that loads with its first task.
import type { TaskContext } from '@millpond/core/worker';

export async function render(page: { title: string }, ctx: TaskContext): Promise<string> {
  return Promise.resolve(`${page.title} ${ctx.taskId}`);
}
