import { describe, expect, it } from 'vitest';
import { countRunning } from '../../src/worker/running-count.js';
import type { SentTask } from '../support/scripted-transport.js';
import { openWorker } from '../support/worker-desk.js';

/** A ready worker with this many tasks, which its side has received. */
function openWith(count: number, concurrency = 1) {
  const desk = openWorker({ concurrency });
  desk.becomeReady(['work']);
  const tasks = desk.send(count);
  const sent = desk.transport.takeTasks();
  const running = () => countRunning(desk.worker.assigned);
  return { ...desk, tasks, sent, running, at: (index: number) => sent[index] as SentTask };
}

describe('the number of running handlers', () => {
  it('leaves out prefetched tasks, and those whose handlers have returned', () => {
    const { worker, transport, at, running } = openWith(4);
    expect(running()).toEqual({ handlers: 0, unsettled: 0 });
    transport.begin(at(0));
    expect([worker.inFlight, running()]).toEqual([4, { handlers: 1, unsettled: 1 }]);
    transport.reply(at(0));
    expect([worker.inFlight, running()]).toEqual([3, { handlers: 0, unsettled: 0 }]);
  });

  it('counts a handler whose task was given up, as no unsettled one', () => {
    const { worker, transport, tasks, at, running } = openWith(2, 2);
    transport.begin(at(0), at(1));
    worker.abandon(tasks[0]!, new Error('unwanted'));
    expect(running()).toEqual({ handlers: 2, unsettled: 1 });
    transport.reply(at(0));
    expect(running()).toEqual({ handlers: 1, unsettled: 1 });
  });

  it('counts tasks claimed together as one', () => {
    const { transport, at, running } = openWith(3);
    transport.beginRun(at(0), at(1), at(2));
    expect(running()).toEqual({ handlers: 1, unsettled: 1 });
  });

  it('is bounded by the widest concurrency while results are unread, and reads none of them', () => {
    const { worker, transport, heard, at, running } = openWith(5);
    worker.assigned.tune(2);
    worker.assigned.tune(1);
    transport.begin(at(0), at(1), at(2));
    transport.finish(at(0), at(1));
    expect(running()).toEqual({ handlers: 2, unsettled: 2 });
    expect(heard.results).toEqual([]);
  });

  it('is what concurrency allows of the sent tasks where the board cannot be read', () => {
    const { worker, running } = openWith(3, 2);
    worker.assigned.claims.hasBoard = false;
    expect(running()).toEqual({ handlers: 2, unsettled: 2 });
  });
});
