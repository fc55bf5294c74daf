import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/task/task.js';
import { slotOf, TASK_SLOTS } from '../../src/wire/claim-board.js';
import { FRAME } from '../../src/wire/frame.js';
import type { CancelMessage } from '../../src/wire/messages.js';
import { STATUS } from '../../src/wire/record.js';
import type { ScriptedTransport, SentTask } from '../support/scripted-transport.js';
import { openWorker } from '../support/worker-desk.js';

/** A ready worker. */
function openReady(...args: Parameters<typeof openWorker>) {
  const desk = openWorker(...args);
  desk.becomeReady(['rest', 'work']);
  /** Sends tasks and gives them as both sides see them. */
  const give = (count: number, extras?: Parameters<typeof desk.send>[1]): { tasks: Task[]; sent: SentTask[] } => {
    const tasks = desk.send(count, extras);
    return { tasks, sent: desk.transport.takeTasks() };
  };
  return { ...desk, give };
}

describe('tasks on their way to a worker', () => {
  it('of one turn leave in one frame, in order, each with what it needs', () => {
    const { assign, worker, transport } = openReady();
    const { signal } = new AbortController();
    const plain = assign('work', { n: 1 });
    plain.history.attempt = 1;
    assign('rest', 'zzz', { deadline: { hostMs: 2000, epochMs: 1.7e12 } });
    const third = assign('work', undefined, { signal, onProgress() {} });
    third.history.attempt = 32_767;
    expect(transport.sent(FRAME.tasks)).toHaveLength(0);
    worker.flush();
    expect(transport.sent(FRAME.tasks)).toHaveLength(1);
    expect(transport.takeTasks()).toMatchObject([
      { name: 'work', taskId: 1, attempt: 1, input: { n: 1 }, extras: undefined },
      { name: 'rest', taskId: 2, attempt: 1, input: 'zzz', extras: { deadline: 1.7e12, wantsProgress: false } },
      { name: 'work', taskId: 3, attempt: 32_767, input: undefined, extras: { wantsProgress: true } },
    ]);
    worker.flush();
    expect(transport.sent(FRAME.tasks)).toHaveLength(1);
  });

  it('make it busy and count as its load until they are answered', () => {
    const { worker, transport, give, heard } = openReady();
    const { tasks, sent } = give(2);
    expect([worker.state, worker.inFlight]).toEqual(['busy', 2]);
    expect(new Set(sent.map(({ wireId }) => wireId)).size).toBe(2);
    transport.reply({ wireId: sent[1]?.wireId ?? 0, value: 'b' });
    expect([worker.state, worker.inFlight]).toEqual(['busy', 1]);
    transport.reply({ wireId: sent[0]?.wireId ?? 0, value: 'a' });
    expect([worker.state, worker.inFlight, worker.tasksDone]).toEqual(['idle', 0, 2]);
    expect(heard.results).toEqual([
      { task: tasks[1], status: STATUS.ok, value: 'b' },
      { task: tasks[0], status: STATUS.ok, value: 'a' },
    ]);
  });

  it('add what they are expected to take, and take it away again', () => {
    const { worker, maker, transport } = openReady();
    for (const expectedMs of [3, 4]) {
      const { task } = maker.make(`takes ${expectedMs} ms`);
      task.type.typicalMs = expectedMs;
      worker.assign(task, worker.handlers.get(task.name) ?? 0);
    }
    worker.flush();
    expect(worker.expectedMs).toBe(7);
    const [first, second] = transport.takeTasks();
    transport.reply({ wireId: first?.wireId ?? 0 });
    expect(worker.expectedMs).toBe(4);
    transport.reply({ wireId: second?.wireId ?? 0 });
    expect(worker.expectedMs).toBe(0);
  });

  it('are reported by the frame: one word that there may be room, after all its results', () => {
    const { transport, give, heard } = openReady();
    const { sent } = give(3);
    transport.reply(...sent);
    expect([heard.results.length, heard.settled]).toEqual([3, 1]);
  });
});

describe('a result whose caller has left', () => {
  it.each(['a second one', 'one for an id that was never given', 'a late one'])('is ignored: %s', (what) => {
    const { worker, transport, give, heard } = openReady();
    const { tasks, sent } = give(2);
    const wireId = sent[0]?.wireId ?? 0;
    if (what === 'a late one') worker.abandon(tasks[0] as Task, 'unwanted');
    else transport.reply({ wireId });
    const before = heard.results.length;
    transport.reply({ wireId: what.startsWith('one for') ? wireId + 2048 * 7 : wireId });
    expect(heard.results).toHaveLength(before);
    expect([worker.inFlight, worker.received.ignoredResults, transport.faults]).toEqual([1, 1, []]);
  });

  it('does not settle the next task that has the same place', () => {
    const { transport, give, heard } = openReady();
    const [first] = give(1).sent;
    transport.reply({ wireId: first?.wireId ?? 0 });
    const { tasks } = give(1);
    transport.reply({ wireId: first?.wireId ?? 0, value: 'again' });
    expect(heard.results.map(({ task }) => task)).not.toContain(tasks[0]);
  });
});

describe('an abandoned task', () => {
  it('that has not left is never sent', () => {
    const { assign, worker, transport } = openReady();
    const task = assign();
    worker.abandon(task, 'unwanted');
    worker.flush();
    expect(transport.channel.sent.map(({ kind }) => kind)).toEqual([FRAME.init]);
    expect([worker.inFlight, worker.state]).toEqual([0, 'idle']);
  });

  it('that has left and not begun is taken back, and keeps its place until it is answered for', () => {
    const { worker, transport, give, heard } = openReady();
    const { tasks, sent } = give(1);
    worker.abandon(tasks[0] as Task, 'unwanted');
    expect(transport.revoked).toEqual([sent[0]?.wireId]);
    expect(transport.cancelled()).toEqual([]);
    expect([worker.inFlight, worker.state]).toEqual([1, 'busy']);
    transport.reply({ wireId: sent[0]?.wireId ?? 0, status: STATUS.revoked });
    expect([worker.inFlight, worker.state, worker.tasksDone]).toEqual([0, 'idle', 0]);
    expect([heard.results.length, heard.settled]).toEqual([0, 1]);
  });

  it('that has begun is cancelled with the reason and keeps its place until it is answered for', () => {
    const { worker, transport, give, heard } = openReady();
    const { tasks, sent } = give(1);
    transport.begin(...sent);
    worker.abandon(tasks[0] as Task, new RangeError('too slow'));
    const message = transport.sent(FRAME.cancel)[0]?.body as CancelMessage;
    expect(message).toMatchObject({
      id: sent[0]?.wireId,
      reason: { nodes: [{ error: { base: 'RangeError', message: 'too slow' } }] },
    });
    expect([worker.inFlight, worker.state]).toEqual([1, 'busy']);
    transport.reply({ wireId: sent[0]?.wireId ?? 0 });
    expect([worker.inFlight, worker.state]).toEqual([0, 'idle']);
    expect([heard.results.length, heard.settled]).toEqual([0, 1]);
  });

  it('with a reason that cannot be sent is cancelled all the same', () => {
    const { worker, transport, give } = openReady();
    const { tasks, sent } = give(1);
    transport.begin(...sent);
    worker.abandon(tasks[0] as Task, () => {});
    expect(transport.cancelled()).toHaveLength(1);
  });

  it('that runs has graceMs, then its worker is killed', () => {
    const { worker, transport, give, heard, clock } = openReady({ graceMs: 300 });
    const { tasks, sent } = give(1);
    transport.begin(...sent);
    worker.abandon(tasks[0] as Task, 'unwanted');
    clock.advance(299);
    expect(transport.kills).toBe(0);
    clock.advance(1);
    expect(transport.kills).toBe(1);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(heard.ends[0]).toMatchObject({ how: 'killed', begun: [], begunCount: 1, others: [] });
    expect(clock.timers).toBe(0);
  });

  it('that has not begun keeps no worker that is to go, whether it was taken back before or after', () => {
    for (const isDrainedFirst of [false, true]) {
      const { worker, transport, give, clock } = openReady();
      const { tasks } = give(2);
      if (isDrainedFirst) worker.drain('it is old', 5000);
      worker.abandon(tasks[0] as Task, 'unwanted');
      expect(worker.state).toBe(isDrainedFirst ? 'draining' : 'busy');
      worker.abandon(tasks[1] as Task, 'unwanted');
      expect([worker.inFlight, worker.state]).toEqual([2, isDrainedFirst ? 'stopping' : 'busy']);
      worker.drain('it is old', 5000);
      expect(worker.state).toBe('stopping');
      clock.advance(5000);
      expect(transport.kills).toBe(1);
    }
  });

  it('that has begun delays the end of a worker that is to go; one beside it that has not begun does not', () => {
    const { worker, transport, give } = openReady();
    const { tasks, sent } = give(2);
    transport.begin(...sent.slice(0, 1));
    for (const task of tasks) worker.abandon(task, 'unwanted');
    worker.drain('it is old', 5000);
    expect(worker.state).toBe('draining');
    transport.reply({ wireId: sent[0]?.wireId ?? 0 });
    expect([worker.inFlight, worker.state]).toEqual([1, 'stopping']);
    transport.reply({ wireId: sent[1]?.wireId ?? 0, status: STATUS.revoked });
    expect([worker.inFlight, worker.state]).toEqual([0, 'stopping']);
  });

  it('that never begins costs its worker nothing', () => {
    const { worker, transport, give, clock } = openReady({ graceMs: 300 });
    const { tasks, sent } = give(2);
    transport.begin(sent[0] as SentTask);
    worker.abandon(tasks[1] as Task, 'unwanted');
    clock.advance(60_000);
    expect(transport.kills).toBe(0);
  });
});

describe('time limits', () => {
  it('count from the start on the claim board', () => {
    const { transport, give, heard, clock } = openReady({ timeoutMs: 100 });
    const { tasks, sent } = give(2);
    transport.begin(sent[0] as SentTask);
    clock.advance(99);
    expect(heard.timedOut).toEqual([]);
    clock.advance(1);
    expect(heard.timedOut).toEqual([{ task: tasks[0], ranMs: 100, by: 'timeoutMs' }]);
  });

  it('let a deadline end what has not begun', () => {
    const { give, heard, clock } = openReady();
    const { tasks } = give(1, { deadline: { hostMs: clock.now() + 40, epochMs: 0 } });
    clock.advance(40);
    expect(heard.timedOut).toEqual([{ task: tasks[0], ranMs: undefined, by: 'deadline' }]);
  });

  it('leave no timer behind when the worker ends', () => {
    const { transport, give, clock, heard } = openReady({ timeoutMs: 100 });
    transport.begin(...give(3).sent);
    transport.exit();
    expect(clock.timers).toBe(0);
    clock.advance(1000);
    expect(heard.timedOut).toEqual([]);
  });
});

function sayProgress(transport: ScriptedTransport, wireId: number, value: unknown): void {
  transport.say(FRAME.progress, { value }, { meta: Uint32Array.of(wireId, 0) });
}

describe('the start of a task, while a result waits for its progress,', () => {
  it('is unknown for the claimed run alone, which counts as begun', () => {
    const { worker, transport, give } = openReady();
    const { tasks, sent } = give(4);
    const [first, second, third] = sent as [SentTask, SentTask, SentTask];
    transport.beginRun(first, second, third);
    const claimedAt = transport.now;
    const begun = () => tasks.slice(1).map((task) => worker.begunAt(task));
    expect(begun()).toEqual([undefined, undefined, undefined]);
    transport.finish({ wireId: first.wireId, hasReported: true });
    expect(begun()).toEqual([claimedAt, claimedAt, undefined]);
  });
});

describe('a task whose input is moved', () => {
  it('leaves nothing behind, and is not among those that may be taken back', () => {
    const { assign, worker, transport } = openReady();
    const bytes = new Uint8Array(8);
    const tasks = [assign('work', 1), assign('work', bytes, { transfer: [bytes.buffer] }), assign('work', 3)];
    expect(tasks.map(({ isOneShot }) => isOneShot)).toEqual([false, true, false]);
    worker.flush();
    expect([bytes.length, ...tasks.map(({ isSpent }) => isSpent)]).toEqual([0, false, true, false]);
    const [first] = transport.takeTasks() as [SentTask];
    transport.begin(first);
    expect(worker.assigned.unbegun()).toEqual([tasks[2]]);
  });

  it('is intact when it is taken back before it leaves', () => {
    const { assign, worker } = openReady();
    const bytes = new Uint8Array(8);
    const task = assign('work', bytes, { transfer: [bytes.buffer] });
    expect([worker.assigned.recall(task), task.isSpent, task.aside?.clone]).toEqual([
      true,
      false,
      { value: new Uint8Array(8) },
    ]);
  });
});

describe('an input that cannot be read', () => {
  it('is answered for as never run', () => {
    const { worker, transport, give, heard } = openReady();
    const { tasks, sent } = give(2);
    const [first, second] = sent as [SentTask, SentTask];
    transport.reply({ wireId: first.wireId, status: STATUS.inputUnread, value: { reason: 'deep' } });
    transport.reply({ wireId: second.wireId, value: 'done' });
    expect([worker.inFlight, heard.results.map(({ task }) => task)]).toEqual([0, tasks]);
    expect(worker.tasksDone).toBe(1);
  });
});

describe('an input that is being decoded', () => {
  it('is in no second hand meanwhile: its task stays, and goes elsewhere when the worker answers that it never ran', () => {
    const { worker, transport, give, heard } = openReady();
    const { tasks, sent } = give(2);
    transport.decode(sent[1] as SentTask);
    expect(tasks.map((task) => worker.assigned.recall(task))).toEqual([true, false]);
    expect(tasks[1]?.assignment?.assignee).toBe(worker);
    transport.reply({ wireId: (sent[1] as SentTask).wireId, status: STATUS.revoked });
    expect(heard.results.map(({ task }) => task)).toEqual([tasks[1]]);
  });

  it('costs its neighbours no worker when its task is cancelled: its handler is not called', () => {
    const { worker, transport, clock, give, heard } = openReady();
    const { tasks, sent } = give(2);
    transport.begin(sent[0] as SentTask);
    transport.decode(sent[1] as SentTask);
    worker.abandon(tasks[1] as Task, 'unwanted');
    clock.advance(60_000);
    expect([transport.kills, transport.cancelled(), transport.revoked]).toEqual([0, [], [sent[1]?.wireId]]);
    transport.reply({ wireId: (sent[1] as SentTask).wireId, status: STATUS.revoked });
    expect([worker.inFlight, heard.results]).toEqual([1, []]);
  });
});

describe('what a worker tells beside results', () => {
  it('is the progress of a task that is waited for', () => {
    const { worker, transport, give, heard } = openReady();
    const { tasks, sent } = give(2);
    for (const { wireId } of sent) sayProgress(transport, wireId, 0.5);
    worker.abandon(tasks[0] as Task, 'unwanted');
    for (const { wireId } of sent) sayProgress(transport, wireId, 0.7);
    sayProgress(transport, 4711, 1);
    expect(heard.progress).toEqual([
      { task: tasks[0], value: 0.5 },
      { task: tasks[1], value: 0.5 },
      { task: tasks[1], value: 0.7 },
    ]);
  });

  it('is a report of itself', () => {
    const { worker, transport, heard } = openReady();
    const metrics = { rssBytes: 1, heapUsedBytes: 2, cpu: 0.5, elu: 0.25 };
    transport.say(FRAME.report, { ...metrics, uses: [], sections: [] });
    expect(worker.metrics).toMatchObject(metrics);
    expect(heard.sections).toEqual([]);
    transport.say(FRAME.report, { ...metrics, uses: [], sections: [{ path: ['parse'] }] });
    expect(heard.sections).toEqual([{ path: ['parse'] }]);
  });
});

describe('the blame for a death', () => {
  const named = (tasks: readonly Task[] | undefined): number[] | undefined => tasks?.map(({ id }) => id);

  it('falls on the one task that was running, and on none that was sent ahead', () => {
    const { transport, give, heard } = openReady();
    const { sent } = give(3);
    transport.begin(sent[0] as SentTask);
    transport.exit();
    const [end] = heard.ends;
    expect([end?.how, end?.begunCount, named(end?.begun), named(end?.others)]).toEqual(['died', 1, [1], [2, 3]]);
    expect(end?.report.runningTasks).toEqual(['work']);
  });

  it('at concurrency 1 falls on the last that began: those before had ended', () => {
    const { transport, give, heard, clock } = openReady();
    const { sent } = give(4);
    for (const task of sent.slice(0, 3)) {
      transport.begin(task);
      clock.advance(1);
    }
    transport.exit();
    const [end] = heard.ends;
    expect([named(end?.begun), named(end?.lost), named(end?.others)]).toEqual([[3], [1, 2], [4]]);
  });

  it('at concurrency 4 may fall on any that had begun', () => {
    const { transport, give, heard } = openReady({ concurrency: 4 });
    const { sent } = give(6);
    transport.begin(...sent.slice(0, 4));
    transport.reply({ wireId: sent[1]?.wireId ?? 0 });
    transport.exit();
    const [end] = heard.ends;
    expect([end?.begunCount, named(end?.begun), named(end?.others)]).toEqual([3, [1, 3, 4], [5, 6]]);
  });

  it('counts what ran without anybody waiting for it', () => {
    const { worker, transport, give, heard } = openReady({ concurrency: 2 });
    const { tasks, sent } = give(2);
    transport.begin(...sent);
    worker.abandon(tasks[0] as Task, 'unwanted');
    transport.exit();
    expect([heard.ends[0]?.begunCount, named(heard.ends[0]?.begun)]).toEqual([2, [2]]);
  });

  it('falls on no task when nothing had begun', () => {
    const { transport, give, heard } = openReady();
    give(2);
    transport.exit();
    expect([heard.ends[0]?.begunCount, named(heard.ends[0]?.others)]).toEqual([0, [1, 2]]);
  });
});

describe('a place in which an abandoned task has ended', () => {
  it('does not hold its successor to the grace of the first', () => {
    const { worker, transport, clock, give, options } = openReady({ concurrency: 2 });
    const { tasks, sent } = give(1);
    transport.begin(...sent);
    worker.abandon(tasks[0] as Task, 'unwanted');
    transport.reply(...sent);
    const [abandoned] = sent as [SentTask];
    // The same place again, for a task that is taken back before it begins.
    for (let tries = 0; tries < 3 * TASK_SLOTS; tries++) {
      const next = give(1);
      const [only] = next.sent as [SentTask];
      if (slotOf(only.wireId) !== slotOf(abandoned.wireId)) {
        transport.reply(only);
        continue;
      }
      expect(worker.assigned.recall(next.tasks[0] as Task)).toBe(true);
      // Another one has a limit, for which the watch looks on.
      give(1, { deadline: { hostMs: clock.now() + 10 * options.graceMs, epochMs: 0 } });
      clock.advance(5 * options.graceMs);
      expect(transport.kills).toBe(0);
      return;
    }
    expect.unreachable('No place was used again.');
  });
});

describe('a worker that ran two tasks at once before', () => {
  it('has two that may have ended it, though only one may run at once now', () => {
    const { worker, transport, clock, give, heard } = openReady({ concurrency: 2 });
    const { sent } = give(2);
    transport.begin(sent[0] as SentTask);
    clock.advance(5);
    transport.begin(sent[1] as SentTask);
    worker.assigned.tune(1);
    transport.exit();
    expect(heard.ends[0]).toMatchObject({ begunCount: 2, lost: [] });
  });
});
