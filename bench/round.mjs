// One round of one contestant, in a process of its own: right answers first, then warm-up, then the timed part. Prints
// the metrics as JSON. Arguments: benchmark, contestant, settings as JSON.
import { deepStrictEqual } from 'node:assert';
import { CONTESTANTS } from './contestants.mjs';

const [id, name, settings] = process.argv.slice(2);
const { warmupMs, measureMs } = JSON.parse(settings);
const { default: benchmark } = await import(`./${id}.bench.mjs`);
const { call, close } = await CONTESTANTS[name].start();

await checkAnswers();
await benchmark.measure(call, warmupMs);
const metrics = await benchmark.measure(call, measureMs);
await close();
process.stdout.write(JSON.stringify(metrics));

async function checkAnswers() {
  const inputs = [...Array(200).keys(), 'text', 0.5, null, true, [1, [2]], { a: { b: 'c' } }];
  deepStrictEqual(await Promise.all(inputs.map((input) => call(input))), inputs);
}
