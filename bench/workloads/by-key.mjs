// Questions about documents, of which a worker keeps the few that it was asked about last: loading one costs far more than
// answering. Each answer says whether the document had to be loaded for it.
import { OBJECTS } from '../values.mjs';

const KEPT = 4;
const DOCUMENT_BYTES = 2e6;
/** Of the lines of a document, one in this number is looked at for an answer. */
const STEP = 7;

const kept = new Map();
let text;

export function ask({ key, sku }) {
  const wasKept = kept.has(key);
  const document = wasKept ? kept.get(key) : load();
  kept.delete(key);
  kept.set(key, document);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return { loads: wasKept ? 0 : 1, cents: centsOf(document, sku) };
}

/** Every document has the same text; what costs is to parse it. */
function load() {
  text ??= `[${Array.from({ length: DOCUMENT_BYTES / 650 }, (_, i) => JSON.stringify(OBJECTS[i % OBJECTS.length])).join()}]`;
  return JSON.parse(text);
}

function centsOf(orders, sku) {
  let cents = 0;
  for (let i = 0; i < orders.length; i += STEP) {
    for (const line of orders[i].lines) if (line.sku.startsWith(sku)) cents += line.quantity * line.priceCents;
  }
  return cents;
}
