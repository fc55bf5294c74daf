import { Piscina } from 'piscina';
import { LINES } from './text.mjs';

const pool = new Piscina({
  filename: new URL('./worker.mjs', import.meta.url).href,
  minThreads: 1,
  maxThreads: 2,
  maxQueue: 100,
});

console.log('words:', await pool.run(LINES.join(' ')));
console.log('longest:', await pool.run(LINES.join(' '), { name: 'longestWord' }));

const counts = await Promise.all(LINES.map((line) => pool.run(line)));
console.log('words of each line:', counts.join(', '));

const abort = new AbortController();
const endless = pool.run(undefined, { name: 'endless', signal: abort.signal });
abort.abort();
await endless.catch((error) => console.log('cancelled:', error.name));

await pool.close();
