/** Whether `await` would wait for a value. Reading its `then` may throw. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayBe = typeof value === 'object' ? value !== null : typeof value === 'function';
  return mayBe && typeof (value as { then?: unknown }).then === 'function';
}
