import { Pool } from '@millpond/core';

const pool = new Pool(new URL('./worker.mjs', import.meta.url));

console.log('primes below 1,000,000:', await pool.run('countPrimes', 1_000_000));

for await (const count of pool.map('countPrimes', [10, 100, 1_000])) console.log(count);

await pool.close();
