import { defineWorker, type TaskContext } from '@millpond/core/worker';

export interface WordCount {
  word: string;
  count: number;
}

/** `setup` makes this once in every worker. Tasks find it in `ctx.data`, with its type. */
export const worker = defineWorker({
  setup: () => new Set(['a', 'and', 'is', 'of', 'the', 'to']),
});

/** The most frequent words of a text, without the words that every text has. */
export function topWords({ text, most }: { text: string; most: number }, ctx: TaskContext<typeof worker>): WordCount[] {
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
    if (!ctx.data.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return Array.from(counts, ([word, count]) => ({ word, count }))
    .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
    .slice(0, most);
}

/** Asynchronous handlers are typed by what their promise resolves to. */
export async function reverse(text: string): Promise<string> {
  return Array.from(text).reverse().join('');
}
