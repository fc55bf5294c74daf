import { Pool } from '@millpond/core';
import { WordCounter } from './library/index.mjs'; // a program outside of this folder says 'word-counter'

// With a pool of its own: the program needs to know nothing of it.
const alone = new WordCounter();
console.log('own pool:', await alone.count('the mill and the pond'));
await alone.close();

// In the program's pool: one set of workers for both.
const pool = new Pool(new URL('./worker.mjs', import.meta.url), { name: 'program' });
const shared = new WordCounter({ pool });
console.log("the program's pool:", await shared.count('still water'), await pool.run('shout', 'mill'));
await shared.close();
console.log('still open:', pool.stats().state === 'open');
await pool.close();
