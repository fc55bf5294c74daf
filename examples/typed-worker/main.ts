import { Pool } from '@millpond/core';

// The type argument is enough: names, inputs and outputs of the tasks are those of the module's exports.
const pool = new Pool<typeof import('./worker.js')>(new URL('./worker.js', import.meta.url));

const text = 'The mill stands still until the water comes. The water comes to the mill in spring.';
const top = await pool.run('topWords', { text, most: 3 });
for (const { word, count } of top) console.log(`${word}: ${count}`);

const reversed: string = await pool.run('reverse', 'millpond');
console.log(reversed);

await pool.close();
