// JSON documents of 1 to 5 MB, made once, and the summary of a document.
import { OBJECTS } from '../../values.mjs';

const BYTES_A_MEGABYTE = 1e6;

export function documents(count) {
  return Array.from({ length: count }, (_, i) => documentOf((1 + (i % 5)) * BYTES_A_MEGABYTE, i));
}

/** Sales by city: a small answer to a large question. */
export function summaryOf(text) {
  const cents = {};
  let lines = 0;
  for (const order of JSON.parse(text)) {
    for (const { quantity, priceCents } of order.lines) {
      cents[order.customer.city] = (cents[order.customer.city] ?? 0) + quantity * priceCents;
      lines++;
    }
  }
  return { lines, cents };
}

function documentOf(bytes, from) {
  const parts = [];
  let length = 2;
  for (let i = from; length < bytes; i++) {
    const part = JSON.stringify(OBJECTS[i % OBJECTS.length]);
    parts.push(part);
    length += Buffer.byteLength(part) + 1;
  }
  return `[${parts.join()}]`;
}
