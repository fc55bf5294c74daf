import { describe, expect, it, vi } from 'vitest';
import { AbortWatch, listen } from '../../src/base/abort-watch.js';

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

  it('lets an item be forgotten twice, or during its own callback', () => {
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

describe('listen', () => {
  it('puts one listener on a signal for the whole program, and takes it off with the last who listens', () => {
    const { signal } = new AbortController();
    const listeners = listenersOf(signal);
    const unlisten = Array.from({ length: 20 }, () => listen(signal, () => {}));
    const watches = Array.from({ length: 20 }, () => open().watch);
    for (const watch of watches) watch.watch(signal, 'item');
    expect(listeners()).toBe(1);
    for (const each of unlisten) each();
    expect(listeners()).toBe(1);
    for (const watch of watches) watch.forget(signal, 'item');
    expect(listeners()).toBe(0);
  });

  it('calls back in order, and not those that have left, be it while others are called', () => {
    const controller = new AbortController();
    const called: string[] = [];
    const leave: Record<string, () => void> = {};
    for (const name of ['a', 'b', 'c', 'd']) {
      leave[name] = listen(controller.signal, () => {
        called.push(name);
        if (name === 'b') leave.c?.();
      });
    }
    leave.a?.();
    controller.abort();
    leave.d?.();
    expect(called).toEqual(['b', 'd']);
  });

  it('calls all back, though one of them throws, which is reported as uncaught', async () => {
    const own = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    try {
      const uncaught = new Promise<unknown>((resolve) => process.once('uncaughtException', resolve));
      const controller = new AbortController();
      const called: string[] = [];
      listen(controller.signal, () => {
        throw new Error('tripped');
      });
      listen(controller.signal, () => called.push('next'));
      controller.abort();
      expect(called).toEqual(['next']);
      expect(await uncaught).toMatchObject({ message: 'tripped' });
    } finally {
      for (const listener of own) process.on('uncaughtException', listener);
    }
  });
});
