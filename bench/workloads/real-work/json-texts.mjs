// JSON documents of 1 to 5 MB as strings: parsed and summed up.
import { documents, summaryOf } from './documents.mjs';

export function inputs(count) {
  return documents(count);
}

export function work(text) {
  return summaryOf(text);
}
