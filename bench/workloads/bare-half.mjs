// A child process without a pool, which has its part of the list already. One word starts the work, and the results are thrown
// away.
import { TASKS } from './chosen.mjs';

const { inputs, work } = await import(TASKS);
const [part, parts, count] = process.argv.slice(2).map(Number);
const mine = (await inputs(count)).filter((_, i) => i % parts === part);

process.on('message', async () => {
  for (const input of mine) {
    const result = work(input);
    // Awaits only promises: a plain loop has no turn of the microtask queue for each task.
    if (result instanceof Promise) await result;
  }
  process.send('done');
});
process.send('ready');
