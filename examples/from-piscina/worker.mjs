// One worker module for both: exported functions of one input. Millpond also passes a context as second argument.

export default function countWords(text) {
  return text.split(/\s+/).filter(Boolean).length;
}

export function longestWord(text) {
  return text.split(/\s+/).reduce((longest, word) => (word.length > longest.length ? word : longest), '');
}

export function endless() {
  for (;;);
}
