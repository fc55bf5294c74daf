import { Pool } from '@millpond/core';

const pool = new Pool(new URL('./worker.mjs', import.meta.url), { workers: 'auto' });

pool.on('resized', ({ from, to, reason }) => console.log(`  workers ${from} → ${to}: ${reason}`));

await keepBusy('compute', 2_000_000, 2_500);
await keepBusy('wait', 50, 3_000);
await pool.close();

/** Keeps 200 tasks in flight for a while, and prints the size that the pool has chosen by then. */
async function keepBusy(task, input, forMs) {
  console.log(`200 callers of ${task}(${input})`);
  const untilMs = performance.now() + forMs;
  let done = 0;
  const callers = Array.from({ length: 200 }, async () => {
    while (performance.now() < untilMs) {
      await pool.run(task, input);
      done++;
    }
  });
  await Promise.all(callers);
  const { workers, concurrency, detected } = pool.stats().sizing;
  console.log(`  ${done} tasks; they are ${detected}, so ${workers} × ${concurrency} of them run at once`);
}
