import { describe, expect, it, vi } from 'vitest';
import { AbortWatch } from '../../src/task/abort-watch.js';

function open() {
  const told: [item: string, reason: unknown][] = [];
  const watch = new AbortWatch<string>((item, reason) => told.push([item, reason]));
  return { watch, told };
}

/** How many listeners this signal has had more than it has lost. */
function listenersOf(signal: AbortSignal): () => number {
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  return () => added.mock.calls.length - removed.mock.calls.length;
}

describe('AbortWatch', () => {
  it('tells for which items a signal was, with its reason, and for no other', () => {
    const { watch, told } = open();
    const [a, b] = [new AbortController(), new AbortController()];
    watch.watch(a.signal, 'a1');
    watch.watch(b.signal, 'b1');
    watch.watch(a.signal, 'a2');
    a.abort('enough');
    expect(told).toEqual([
      ['a1', 'enough'],
      ['a2', 'enough'],
    ]);
  });

  it('puts one listener on a signal, however many items wait on it', () => {
    const { watch, told } = open();
    const controller = new AbortController();
    const listeners = listenersOf(controller.signal);
    for (let item = 0; item < 1000; item++) watch.watch(controller.signal, `item ${item}`);
    expect(listeners()).toBe(1);
    controller.abort();
    expect(told).toHaveLength(1000);
  });

  it('takes its listener off with the last item', () => {
    const { watch, told } = open();
    const controller = new AbortController();
    const listeners = listenersOf(controller.signal);
    watch.watch(controller.signal, 'a');
    watch.watch(controller.signal, 'b');
    watch.forget(controller.signal, 'a');
    expect(listeners()).toBe(1);
    watch.forget(controller.signal, 'b');
    expect(listeners()).toBe(0);
    watch.watch(controller.signal, 'c');
    controller.abort('late');
    expect(told).toEqual([['c', 'late']]);
  });

  it('lets an item be forgotten twice, or while it is told', () => {
    const told: string[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const watch: AbortWatch<string> = new AbortWatch((item) => {
      told.push(item);
      watch.forget(signal, item);
    });
    watch.watch(signal, 'a');
    watch.watch(signal, 'b');
    watch.forget(signal, 'a');
    watch.forget(signal, 'a');
    watch.watch(signal, 'c');
    controller.abort();
    expect(told).toEqual(['b', 'c']);
  });
});
