// A child process without a pool, which has its part of the list already: one word makes it work that off, and the results
// are thrown away.
import { TASKS } from './chosen.mjs';

const { inputs, work } = await import(TASKS);
const [part, parts, count] = process.argv.slice(2).map(Number);
const mine = (await inputs(count)).filter((_, i) => i % parts === part);

process.on('message', async () => {
  for (const input of mine) {
    const result = work(input);
    // Only what waits is waited for: a turn of the queue of promises for each task is no part of a plain loop.
    if (result instanceof Promise) await result;
  }
  process.send('done');
});
process.send('ready');
