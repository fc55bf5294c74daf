import { describe, expect, it } from 'vitest';
import type { CallTerms } from '../../src/contract/call-terms.js';
import type { PoolOptions } from '../../src/contract/options.js';
import type { FlowOptions } from '../../src/task/task-flows.js';
import { errorToWire } from '../../src/wire/error-wire.js';
import { FLOW, FLOW_WINDOW } from '../../src/wire/flow.js';
import { FLOW_HEAD, FLOW_ROW, FRAME } from '../../src/wire/frame.js';
import { STATUS } from '../../src/wire/record.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';

const STREAM: FlowOptions = { stream: FLOW_WINDOW };
const MESSAGES: FlowOptions = { hasMessages: true };

/** One worker, whose frames a test sends. */
async function open(options: PoolOptions = {}) {
  const engine = openEngine({ prefetch: 0, graceMs: 500, ...options }, () => 0);
  const [staff] = (await engine.staffUp(1)) as [Staff];
  const { transport } = staff;
  const controller = new AbortController();
  const call = (flows: FlowOptions, terms: CallTerms = {}) => {
    const made = engine.backend.submitFlowing('work', undefined, { signal: controller.signal, ...terms }, flows, true);
    const failed = made.result.then(
      () => undefined,
      (error: unknown) => error,
    );
    return { ...made, failed };
  };
  /** The task that has arrived and begun. */
  const arrived = async (): Promise<SentTask> => {
    await turn();
    return begun(staff)[0] as SentTask;
  };
  const about = ({ wireId }: SentTask, ...words: number[]) => ({ meta: Uint32Array.of(wireId, ...words) });
  return {
    ...engine,
    transport,
    call,
    arrived,
    abort: (reason: unknown) => controller.abort(reason),
    fail: (task: SentTask, message: string) => {
      const value = errorToWire(new Error(message), true);
      transport.reply({ wireId: task.wireId, status: STATUS.error, value, hasReported: true });
    },
    flowsEnd: (task: SentTask) => transport.say(FRAME.flowsEnd, undefined, about(task)),
    readsMessages: (task: SentTask) => transport.say(FRAME.credit, undefined, about(task, FLOW.messages, 0)),
    takes: (task: SentTask, values: number) =>
      transport.say(FRAME.credit, undefined, about(task, FLOW.messages, values)),
    messageUnread: (task: SentTask) => transport.say(FRAME.messageUnread, 'its codec throws', about(task)),
    /** Number of messages that were sent. */
    messages: () => transport.sent(FRAME.flow).reduce((sum, { meta }) => sum + (meta.length - FLOW_HEAD) / FLOW_ROW, 0),
  };
}

describe('a stream whose try has failed', () => {
  const RETRIES: PoolOptions = { tasks: { work: { retry: { attempts: 1, backoff: { baseMs: 1000 } } } } };

  it('ends with its task, if no other try begins and the last word of that one came after its result', async () => {
    const { call, arrived, fail, flowsEnd, abort, registry } = await open(RETRIES);
    const { flows, failed } = call(STREAM);
    const task = await arrived();
    // Results may be read from the log ahead of all frames.
    fail(task, 'first try');
    expect(registry.counts.retried).toBe(1);
    flowsEnd(task);
    const reason = new Error('not wanted any more');
    abort(reason);
    expect(await failed).toBe(reason);
    await expect(flows.output.next()).rejects.toBe(reason);
  });

  it('ends with its task also if that word comes last of all', async () => {
    const { call, arrived, fail, flowsEnd, abort } = await open(RETRIES);
    const { flows, failed } = call(STREAM);
    const task = await arrived();
    fail(task, 'first try');
    const reason = new Error('not wanted any more');
    abort(reason);
    await failed;
    const next = flows.output.next();
    flowsEnd(task);
    await expect(next).rejects.toBe(reason);
  });

  it('has the values of the next try', async () => {
    const { call, arrived, fail, flowsEnd, clock, transport } = await open(RETRIES);
    const { flows, failed } = call(STREAM);
    const first = await arrived();
    fail(first, 'first try');
    flowsEnd(first);
    clock.advance(2000);
    const second = await arrived();
    expect(second.attempt).toBe(2);
    const next = flows.output.next();
    flowsEnd(second);
    transport.reply({ wireId: second.wireId, value: undefined, hasReported: true });
    expect([await failed, await next]).toEqual([undefined, { done: true, value: undefined }]);
  });
});

describe('messages to a handler', () => {
  it('that has begun are kept until its first frame, also when its task is cancelled before that', async () => {
    const { call, arrived, abort, readsMessages, messages, flowsEnd } = await open();
    const { flows, failed } = call(MESSAGES);
    const task = await arrived();
    expect(flows.post('before')).toBe(true);
    abort(new Error('enough'));
    await failed;
    // It is not known yet whether the handler will read them.
    expect([flows.post('unsure'), messages()]).toEqual([false, 0]);
    readsMessages(task);
    expect(messages()).toBe(1);
    expect(flows.post('after')).toBe(true);
    await turn();
    expect(messages()).toBe(2);
    flowsEnd(task);
    expect(flows.post('too late')).toBe(false);
  });

  it('that were refused are always followed by "drain"', async () => {
    const { call, arrived, readsMessages, takes, flowsEnd, transport } = await open();
    const { flows, failed } = call(MESSAGES);
    const task = await arrived();
    let drains = 0;
    flows.onDrain = () => void drains++;
    readsMessages(task);
    let posted = 0;
    while (flows.post(posted)) posted++;
    takes(task, 16);
    expect(drains).toBe(1);
    while (flows.post(posted)) posted++;
    // The handler ends without reading on.
    flowsEnd(task);
    transport.reply({ wireId: task.wireId, value: 'done', hasReported: true });
    await failed;
    expect(drains).toBe(2);
    expect([flows.post('too late'), flows.post('too late'), drains]).toEqual([false, false, 2]);
    await turn();
    expect(drains).toBe(3);
  });

  it('that it cannot read end the call', async () => {
    const { call, arrived, readsMessages, messageUnread } = await open();
    const { flows } = call(MESSAGES);
    const errors: unknown[] = [];
    flows.onUnread = (error) => errors.push(error);
    const task = await arrived();
    readsMessages(task);
    flows.post('odd');
    messageUnread(task);
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'ERR_NOT_SERIALIZABLE',
        details: { task: 'work', what: 'message', reason: 'its codec throws' },
      }),
    ]);
  });
});
