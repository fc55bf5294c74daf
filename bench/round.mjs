// Runs one round of one contestant in a process of its own. Prints its metrics as JSON, or why there are none. Arguments:
// benchmark, contestant, settings as JSON.
const [id, name, settings] = process.argv.slice(2);
const { default: benchmark } = await import(`./${id}.bench.mjs`);
const contestant = benchmark.contestants.find((each) => each.name === name);
let result;
try {
  result = { metrics: await benchmark.round(contestant, JSON.parse(settings)) };
} catch (error) {
  console.error(error);
  result = { failure: error?.code === 'ERR_ASSERTION' ? 'wrong answers' : firstLine(error) };
}
process.stdout.write(JSON.stringify(result));
// Some rounds end while work is in flight, and some pools keep the program alive.
process.exit();

/** Without the paths of this machine, because it goes into the results. */
function firstLine(error) {
  const [line] = String(error?.message ?? error).split('\n');
  return line.replaceAll(/(file:\/\/)?\/[^\s'"]*\//g, '');
}
