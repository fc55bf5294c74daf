// A task of a given length, which returns the value that it got.
import { compute } from './loads.mjs';

export function answerAfter({ us, value }) {
  compute(us * 1000);
  return value;
}
