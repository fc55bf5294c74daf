import { stuckStack } from '../base/stuck-stack.js';
import { inspectThread } from './thread-inspector.js';

/**
 * Current stack of a thread, even in the middle of synchronous code, in lines like those of an error. Undefined if it runs no
 * JavaScript, and where `inspectThread` gets no answer.
 */
export async function threadStack(threadId: number, withinMs: number): Promise<string | undefined> {
  const stack = await inspectThread(threadId, withinMs, stuckStack);
  return stack === '' ? undefined : stack;
}
