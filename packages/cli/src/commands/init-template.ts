/** What `millpond init` writes: file name → content. */
export const TEMPLATE: Readonly<Record<string, string>> = {
  'workload.yaml': `# Run it:    millpond run workload.yaml
# Check it:  millpond validate workload.yaml
version: 1
name: count-words

# The module that does the work; any function it exports is a task.
worker: ./worker.mjs
task: countWords

# Where items come from, exactly one of:
#   lines: ./input.txt          each line of a text
#   jsonl: ./input.jsonl        each line of a JSON Lines file
#   csv: ./input.csv            each record of a CSV file
#   files: "texts/**/*.txt"     each file a pattern matches
#   items: [one, two]           items written here
#   range: { from: 1, to: 100 }
#   stdin: lines                or jsonl, csv
input:
  lines: ./input.txt

# One JSON object a line, in input order. Without this: standard output.
output:
  jsonl: ./out/results.jsonl

# All of it optional.
pool:
  kind: process       # or thread, inline
  workers: auto       # or a number, or { min: 1, max: 4 }
  timeoutMs: 30000    # longest execution of one item
  retry: 1            # further tries of an item that failed
`,
  'worker.mjs': `// Runs in worker processes. Every exported function is a task: it gets one item and returns its result.
// Results may be anything that can be cloned: plain data, Map, Set, Date, Buffer …

export function countWords(line) {
  const words = line.match(/[\\p{L}\\p{N}'’]+/gu) ?? [];
  const longest = words.reduce((best, word) => (word.length > best.length ? word : best), '');
  return { words: words.length, longest };
}
`,
  'input.txt': `The mill stands still until the water comes.
A pond behind the dam keeps the wheel turning all summer.
Grain goes in at the top,
flour comes out below,
and nobody counts the turns of the wheel.
`,
  '.gitignore': 'out/\n',
};
