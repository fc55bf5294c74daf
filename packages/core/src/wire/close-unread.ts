/** What a source of values may have to be closed by: a Readable, a generator, a ReadableStream. */
interface Closeable {
  destroy?(): unknown;
  return?(): unknown;
  cancel?(): unknown;
}

/** Closes a source that was never read. Its iterator would close nothing, since it has not begun. */
export async function closeUnread(source: unknown): Promise<void> {
  if ((typeof source !== 'object' && typeof source !== 'function') || source === null) return;
  const { destroy, return: end, cancel } = source as Closeable;
  const close = [destroy, end, cancel].find((each) => typeof each === 'function');
  await close?.call(source);
}
