import { expect, it } from 'vitest';
import { BreakerLedger } from '../../src/record/breaker-ledger.js';

it('adds up the time with at least one breaker open, and goes on while one is', () => {
  const ledger = new BreakerLedger();
  expect(ledger.openMs(5)).toBe(0);
  ledger.changed('a', true, 'first', 10);
  ledger.changed('b', true, 'second', 20);
  ledger.changed('a', false, 'over', 30);
  expect(ledger.openMs(40)).toBe(30);
  ledger.changed('b', false, 'over', 50);
  ledger.changed('b', false, 'half-open, then closed', 60);
  expect(ledger.openMs(100)).toBe(40);
  ledger.changed('b', true, 'third', 110);
  expect(ledger.openMs(115)).toBe(45);
  expect([ledger.opened, ledger.reason]).toEqual([3, 'third']);
});

it('is bounded, whatever the number of keys', () => {
  const ledger = new BreakerLedger();
  for (let key = 0; key < 5000; key++) ledger.changed(`${key}`, true, 'down', 0);
  for (let key = 0; key < 5000; key++) ledger.changed(`${key}`, false, 'up', 10);
  expect(ledger.opened).toBe(5000);
  expect(ledger.openMs(1000)).toBe(10);
});
