import { channel } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, type TaskMessage, type TaskTrace } from '../../src/contract/trace.js';
import { openEngine, type Staff, turn } from '../support/scripted-engine.js';
import { stamps } from '../support/stamps.js';

const heard: TaskTrace[] = [];
const listen = (message: unknown): void => void heard.push((message as TaskMessage).trace);

beforeEach(() => channel(CHANNELS.task).subscribe(listen));
afterEach(() => {
  channel(CHANNELS.task).unsubscribe(listen);
  heard.length = 0;
});

describe('the trace of a task', () => {
  it('has ten stamps, each from where it happened', async () => {
    const { submit, staffUp, clock } = openEngine();
    const { task } = submit();
    const submittedAt = clock.now();
    const [{ transport }] = (await staffUp(1)) as [Staff];
    const assignedAt = clock.now();
    clock.advance(5);
    const startedAt = clock.now();
    clock.advance(7);
    const endedAt = clock.now();
    clock.advance(1);
    const now = clock.now();
    transport.reply({ wireId: transport.takeTasks()[0]?.wireId ?? 0, startedAt, endedAt });
    await turn();
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ taskId: task.id, task: 'work', attempt: 1, workerId: 1, outcome: 'ok' });
    // The scripted worker says nothing of receiving and decoding: its base time stands for both.
    expect(stamps(heard[0])).toEqual([
      submittedAt,
      assignedAt,
      assignedAt,
      now,
      now,
      startedAt,
      endedAt,
      now,
      now,
      now,
    ]);
  });

  it('is published once per try, the next one from when it became due', async () => {
    const { submit, staffUp, clock } = openEngine({ retry: { attempts: 1, backoff: { baseMs: 100 } } });
    submit();
    const [{ transport }] = (await staffUp(1)) as [Staff];
    transport.replyError(transport.takeTasks()[0] ?? { wireId: 0 }, new Error('once'));
    clock.advance(100);
    const dueAt = clock.now();
    await turn();
    transport.reply({ wireId: transport.takeTasks()[0]?.wireId ?? 0 });
    await turn();
    expect(heard.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'error'],
      [2, 'ok'],
    ]);
    expect(heard[1]).toMatchObject({ submittedAt: dueAt, assignedAt: dueAt });
  });

  it('has no stamps from where it never came', async () => {
    const { submit, staffUp, clock } = openEngine({ timeoutMs: 50 });
    const controller = new AbortController();
    submit('work', undefined, { signal: controller.signal });
    controller.abort();
    await turn();
    expect(heard[0]).toMatchObject({ outcome: 'cancelled', workerId: 0, settledAt: clock.now() });
    expect(stamps(heard[0]).slice(1, 9)).toEqual(Array(8).fill(NaN));

    submit();
    const [{ transport }] = (await staffUp(1)) as [Staff];
    transport.begin(...transport.takeTasks());
    clock.advance(50);
    await turn();
    expect(heard[1]).toMatchObject({ outcome: 'timeout', workerId: 1 });
    expect(stamps(heard[1]).map(Number.isNaN)).toEqual([
      false,
      false,
      false,
      true,
      true,
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(heard[1]?.startedAt).toBe(clock.now() - 50);
  });

  it('tells of a crash in which worker it was, and since when it ran', async () => {
    const { submit, staffUp, clock } = openEngine();
    submit();
    submit();
    const [{ transport }] = (await staffUp(1)) as [Staff];
    const startedAt = clock.now();
    transport.begin(...transport.takeTasks());
    clock.advance(5);
    transport.exit();
    await turn();
    expect(heard).toMatchObject([{ taskId: 1, outcome: 'crash', workerId: 1, startedAt, settledAt: startedAt + 5 }]);
  });

  it('is published for a task that is refused, too', async () => {
    const { submit, staffUp } = openEngine();
    submit('play');
    submit('work', () => {});
    await staffUp(1);
    expect(heard.map(({ task, outcome, workerId }) => [task, outcome, workerId])).toEqual([
      // Its input was refused at the call, before there was a worker.
      ['work', 'error', 0],
      ['play', 'error', 0],
    ]);
  });

  it('names what the handler threw', async () => {
    const { submit, staffUp } = openEngine();
    for (const thrown of [Object.assign(new TypeError('no'), { code: 'E_NO' }), new Error('plain'), 'text']) {
      submit();
      const [{ transport }] = (await staffUp(1)) as [Staff];
      transport.replyError(transport.takeTasks()[0] ?? { wireId: 0 }, thrown);
      await turn();
    }
    expect(heard.map(({ errorName }) => errorName)).toEqual(['TypeError E_NO', 'Error', 'string']);
  });

  it('says how long the task waited after the try before', async () => {
    const { submit, staffUp, clock } = openEngine({ retry: { attempts: 1, backoff: { baseMs: 100 } } });
    submit();
    const [{ transport }] = (await staffUp(1)) as [Staff];
    transport.replyError(transport.takeTasks()[0] ?? { wireId: 0 }, new Error('once'));
    clock.advance(100);
    await turn();
    transport.reply({ wireId: transport.takeTasks()[0]?.wireId ?? 0 });
    await turn();
    const [first, second] = heard;
    expect(first?.backoffMs).toBe(0);
    expect(second?.backoffMs).toBeGreaterThan(0);
    expect(second?.backoffMs).toBe((second?.submittedAt ?? 0) - (first?.settledAt ?? 0));
  });
});
