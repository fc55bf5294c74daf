import { Pool } from '@millpond/core';
import { LINES } from './text.mjs';

const pool = new Pool(new URL('./worker.mjs', import.meta.url), {
  kind: 'thread',
  workers: { min: 1, max: 2 },
  queue: { max: 100 },
});

console.log('words:', await pool.run('default', LINES.join(' ')));
console.log('longest:', await pool.run('longestWord', LINES.join(' ')));

const counts = [];
for await (const count of pool.map('default', LINES)) counts.push(count);
console.log('words of each line:', counts.join(', '));

const abort = new AbortController();
const endless = pool.run('endless', undefined, { signal: abort.signal });
abort.abort();
await endless.catch((error) => console.log('cancelled:', error.name));

await pool.close();
