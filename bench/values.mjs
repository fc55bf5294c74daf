// Typical values: a thousand different ones, made beforehand and cycled. With a single value, the result could be what a pool
// remembers of it.
const COUNT = 1000;
const FIRST = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Alan', 'Radia'];
const LAST = ['Lovelace', 'Hopper', 'Dijkstra', 'Liskov', 'Knuth', 'Allen', 'Turing', 'Perlman'];
const CITIES = ['Zürich', 'Utrecht', 'Kraków', 'Porto', 'Tampere', 'Ljubljana'];
const WORDS = 'water wheel grain stone river sluice flour timber bridge meadow heron willow current basin'.split(' ');

/** Some 120 bytes as JSON: a row of a table. */
export const RECORDS = Array.from({ length: COUNT }, (_, i) => ({
  id: 100_000 + i * 7919,
  name: nameOf(i),
  email: `${FIRST[i % 8].toLowerCase()}.${i}@example.org`,
  active: i % 3 !== 0,
  city: CITIES[i % CITIES.length],
  score: ((i * 37) % 1000) / 8,
}));

/** Some 650 bytes as JSON: an order, with a customer, lines and a note. */
export const OBJECTS = Array.from({ length: COUNT }, (_, i) => ({
  orderId: `2026-${String(i * 31).padStart(6, '0')}`,
  createdAt: 1_760_000_000_000 + i * 86_413,
  customer: {
    id: i * 17,
    name: nameOf(i),
    city: CITIES[i % CITIES.length],
    vip: i % 11 === 0,
    address: { street: `${WORDS[i % 14]} road`, number: i % 200 },
  },
  lines: Array.from({ length: 4 }, (_, line) => ({
    sku: `${WORDS[(i + line) % 14]}-${(i * 13 + line) % 997}`,
    quantity: 1 + ((i + line) % 9),
    priceCents: 199 + ((i * 53 + line * 97) % 9000),
    discount: line % 2 === 0 ? 0 : 0.05,
  })),
  tags: [WORDS[i % 14], WORDS[(i * 3 + 1) % 14], WORDS[(i * 5 + 2) % 14]],
  note: Array.from({ length: 24 + (i % 5) }, (_, word) => WORDS[(i * 7 + word * 3) % 14]).join(' '),
}));

function nameOf(i) {
  return `${FIRST[i % 8]} ${LAST[(i >> 3) % 8]}`;
}
