// A page of orders, rendered on the server. The input is an object of 5 to 33 KB, the result a text of 13 to 79 KB.
import { createElement as h } from 'react';
import { renderToString } from 'react-dom/server';
import { OBJECTS } from '../../values.mjs';

const NUMBER = { textAlign: 'right' };

export function inputs(count) {
  return Array.from({ length: count }, (_, i) => {
    const orders = 8 + ((i * 17) % 44);
    return {
      title: `Orders, page ${i}`,
      orders: Array.from({ length: orders }, (_, order) => OBJECTS[(i * 31 + order) % OBJECTS.length]),
    };
  });
}

export function work({ title, orders }) {
  return renderToString(h('main', { className: 'orders' }, h('h1', null, title), orders.map(order)));
}

function order({ orderId, createdAt, customer, lines, tags, note }) {
  return h(
    'article',
    { key: orderId, id: orderId, className: customer.vip ? 'order vip' : 'order' },
    h('h2', null, `${orderId} · ${new Date(createdAt).toISOString()}`),
    h('address', null, `${customer.name}, ${customer.address.street} ${customer.address.number}, ${customer.city}`),
    h('table', null, h('tbody', null, lines.map(line))),
    h('ul', null, tags.map(tag)),
    h('p', null, note),
  );
}

function line({ sku, quantity, priceCents, discount }, index) {
  return h(
    'tr',
    { key: index },
    h('td', { className: 'cell sku' }, h('a', { href: `/articles/${sku}`, title: `Everything about ${sku}` }, sku)),
    h('td', { className: 'cell quantity', style: NUMBER }, quantity),
    h('td', { className: 'cell price', style: NUMBER }, `${(priceCents / 100).toFixed(2)} €`),
    h('td', { className: 'cell discount', style: NUMBER }, discount === 0 ? '' : `−${discount * 100} %`),
  );
}

function tag(name, index) {
  return h('li', { key: index }, name);
}
