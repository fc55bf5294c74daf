// A task of a given length, which answers with the value that it was given.
import { compute } from './loads.mjs';

export function answerAfter({ us, value }) {
  compute(us * 1000);
  return value;
}
