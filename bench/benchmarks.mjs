// Lists the benchmarks, and finds those that a command line names.
import { readdirSync } from 'node:fs';

const ENDING = '.bench.mjs';

/** @returns all benchmarks, by the first number of the goals that they measure */
export async function loadBenchmarks() {
  const ids = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length));
  const benchmarks = await Promise.all(ids.map(async (id) => ({ id, ...(await import(`./${id}${ENDING}`)).default })));
  return benchmarks.sort((a, b) => firstNumber(a) - firstNumber(b));
}

/** @param words ids, beginnings of ids or numbers, such as `records`, `sizing` or `B3`; without any, all @throws for an unknown word */
export function choose(benchmarks, words) {
  const means = (word, { id, numbers }) =>
    id === word || id.startsWith(`${word}-`) || numbers.includes(word.toUpperCase());
  const unknown = words.find((word) => !benchmarks.some((each) => means(word, each)));
  if (unknown !== undefined) {
    const known = benchmarks.map(({ id, numbers }) => `${id} (${numbers.join(', ')})`).join(', ');
    throw new RangeError(`There is no benchmark "${unknown}". There are: ${known}.`);
  }
  return words.length === 0 ? benchmarks : benchmarks.filter((each) => words.some((word) => means(word, each)));
}

function firstNumber({ numbers }) {
  return Number(numbers[0].slice(1));
}
