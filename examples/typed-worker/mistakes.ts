// Mistakes that the compiler finds. Compiled with the rest and never run: if one of these were no error, the build would fail.
import type { Pool } from '@millpond/core';

export async function mistakes(pool: Pool<typeof import('./worker.js')>): Promise<void> {
  // @ts-expect-error -- there is no such task
  await pool.run('topWord', { text: 'a b', most: 1 });
  // @ts-expect-error -- the input lacks `most`
  await pool.run('topWords', { text: 'a b' });
  // @ts-expect-error -- the result is a list of words with their counts
  const counts: number[] = await pool.run('topWords', { text: 'a b', most: 1 });
  // @ts-expect-error -- `worker` is the module's lifecycle, not a task
  await pool.run('worker', counts);
}
