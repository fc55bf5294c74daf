import { describe, expect, it } from 'vitest';
import { openEncoder } from '../../src/codec/open-codec.js';
import { errorToWire } from '../../src/wire/error-wire.js';
import { FRAME, PROTOCOL_VERSION } from '../../src/wire/frame.js';
import { Worker } from '../../src/worker/worker.js';
import type { WorkerListener } from '../../src/worker/worker-listener.js';
import { canMove, WORKER_MOVES } from '../../src/worker/worker-state.js';
import { FakeClock } from '../support/fake-clock.js';
import { ScriptedTransport, specOf } from '../support/scripted-transport.js';
import { optionsOf } from '../support/tasks.js';
import { openWorker } from '../support/worker-desk.js';

describe('the start of a worker', () => {
  it('tells it what it is to be in the first frame', () => {
    const { transport } = openWorker({ concurrency: 3, workerData: { seed: 7 } });
    expect(transport.channel.sent.map(({ kind, body }) => [kind, body])).toEqual([
      [
        FRAME.init,
        {
          protocol: PROTOCOL_VERSION,
          moduleUrl: 'file:///app/worker.js',
          workerId: 1,
          slot: 1,
          poolName: 'worker',
          workerData: { value: { seed: 7 } },
          concurrency: 3,
          busyPollMs: expect.any(Number) as number,
          board: undefined,
          hasBoard: true,
          guard: false,
          codec: 'structured',
          maxPayloadBytes: 2 ** 30,
          arena: false,
          ownsOutput: true,
          nice: 0,
          warmup: [],
        },
      ],
    ]);
  });

  it('goes from starting over warming to idle on the words of the child alone', () => {
    const { worker, transport, heard, clock } = openWorker();
    expect([worker.state, worker.isReady]).toEqual(['starting', false]);
    clock.advance(20);
    transport.say(FRAME.warming);
    expect([worker.state, worker.isReady]).toEqual(['warming', false]);
    expect(heard.ready).toBe(0);
    clock.advance(30);
    transport.say(FRAME.ready, { handlers: ['work', 'rest'] });
    expect([worker.state, worker.isReady, worker.bootMs]).toEqual(['idle', true, 50]);
    expect(heard.ready).toBe(1);
    expect([...worker.handlers]).toEqual([
      ['work', 0],
      ['rest', 1],
    ]);
  });

  it.each([
    ['load', false],
    ['setup or warmup', true],
  ])('that hangs in %s is ended after startTimeoutMs', (phase, isLoaded) => {
    const { worker, transport, heard, clock } = openWorker({ startTimeoutMs: 100 });
    if (isLoaded) transport.say(FRAME.warming);
    clock.advance(99);
    expect(transport.kills).toBe(0);
    clock.advance(1);
    expect(transport.kills).toBe(1);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(worker.state).toBe('exited');
    expect(heard.ends[0]).toMatchObject({
      how: 'failedToStart',
      startError: { code: 'ERR_WORKER_START', details: { phase } },
    });
    expect(heard.ends[0]?.startError?.message).toMatch('startTimeoutMs (100 ms)');
  });

  it('is not ended when this event loop stood still, and it was ready meanwhile', () => {
    const { worker, transport, clock } = openWorker({ startTimeoutMs: 100 });
    clock.fireLate(500);
    expect(transport.kills).toBe(0);
    transport.say(FRAME.warming);
    transport.becomeReady();
    clock.advance(10_000);
    expect([worker.state, transport.kills]).toEqual(['idle', 0]);
  });

  it('is ended after this event loop stood still, if it was not ready meanwhile', () => {
    const { transport, clock } = openWorker({ startTimeoutMs: 100 });
    clock.fireLate(500);
    clock.advance(0);
    expect(transport.kills).toBe(1);
  });

  it('is not limited any more once it is ready', () => {
    const { transport, clock, becomeReady } = openWorker({ startTimeoutMs: 100 });
    becomeReady();
    clock.advance(10_000);
    expect(transport.kills).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('was one, however short, once it is ready', () => {
    const { transport, heard } = openWorker();
    transport.becomeReady();
    transport.exit();
    expect(heard.ends[0]).toMatchObject({ how: 'died', startError: undefined });
  });

  it('that fails says in which phase and why', () => {
    const { transport, heard } = openWorker();
    const cause = new TypeError('no model');
    transport.say(FRAME.startFailed, { phase: 'setup', error: errorToWire(cause, true) });
    transport.exit();
    const { how, startError } = heard.ends[0] ?? {};
    expect(how).toBe('failedToStart');
    expect(startError?.details).toEqual({
      module: '/app/worker.js',
      phase: 'setup',
      reason: 'TypeError: no model',
      place: expect.stringMatching(/worker-life\.test\.ts:\d+:\d+$/) as unknown,
    });
    expect(startError?.cause).toBeInstanceOf(TypeError);
  });

  it('that ends without a word is explained by its exit and its last output', () => {
    const { transport, heard } = openWorker();
    transport.exit({ code: 7, stderrTail: 'Segmentation fault\n' });
    expect(heard.ends[0]?.startError?.message).toBe(
      'A worker for /app/worker.js did not become ready: starting: it ended with exit code 7. ' +
        'Its last words: Segmentation fault',
    );
  });

  it('that cannot get its start data leaves no child behind', () => {
    const clock = new FakeClock();
    const spec = specOf(optionsOf(), 1, () => {});
    const transport = new ScriptedTransport(spec, clock);
    const open = () =>
      new Worker(spec, () => transport, openEncoder('structured', Infinity), clock, {} as WorkerListener<Worker>);
    expect(open).toThrow('could not be cloned');
    expect([transport.kills, clock.timers]).toEqual([1, 0]);
    transport.exit();
    expect(transport.isReleased).toBe(true);
  });

  it('that could not even be tried is explained by its error', () => {
    const { transport, heard } = openWorker();
    const error = new Error('spawn EAGAIN');
    transport.exit({ code: null, error });
    expect(heard.ends[0]?.startError).toMatchObject({ cause: error, details: { reason: 'spawn EAGAIN' } });
  });

  it('is not brought to life again by a late ready', () => {
    const { worker, transport, heard, clock } = openWorker();
    transport.say(FRAME.warming);
    worker.drain('resize', 5000);
    clock.advance(10);
    transport.say(FRAME.ready, { handlers: ['work'] });
    expect([worker.state, heard.ready]).toEqual(['stopping', 0]);
  });
});

describe('the end of a worker', () => {
  it('that is idle and drained is a request, and a kill when that is not answered', () => {
    const { worker, transport, heard, clock, becomeReady } = openWorker();
    becomeReady();
    worker.drain('resize', 5000);
    expect(worker.state).toBe('stopping');
    expect(transport.sent(FRAME.stop)).toHaveLength(1);
    clock.advance(4999);
    expect(transport.kills).toBe(0);
    clock.advance(1);
    expect(transport.kills).toBe(1);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(heard.ends[0]?.how).toBe('asked');
  });

  it('that does not come in time after a request is explained', () => {
    const { worker, transport, heard, clock, becomeReady } = openWorker();
    becomeReady();
    worker.stop(300);
    clock.advance(300);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(heard.ends[0]).toMatchObject({
      how: 'asked',
      report: { killedFor: 'it had not torn down and ended within 300 ms' },
    });
  });

  it('that came while this loop stood still is heard before the worker counts as too slow', () => {
    const { worker, transport, heard, clock, becomeReady } = openWorker();
    becomeReady();
    worker.stop(300);
    clock.fireLate(5000);
    expect(transport.kills).toBe(0);
    transport.exit({ code: 0 });
    expect(heard.ends[0]).toMatchObject({ how: 'asked', report: { killedFor: undefined } });
    expect([transport.kills, clock.timers]).toEqual([0, 0]);
  });

  it('that came while this loop stood still, and did not, is a kill one turn later', () => {
    const { worker, transport, clock, becomeReady } = openWorker();
    becomeReady();
    worker.stop(300);
    clock.fireLate(5000);
    clock.advance(0);
    expect(transport.kills).toBe(1);
  });

  it('that is busy and drained comes after its last task', () => {
    const { worker, transport, heard, becomeReady, send, clock } = openWorker({ concurrency: 2 });
    becomeReady();
    send(2);
    const [first, second] = transport.takeTasks();
    worker.drain('resize', 5000);
    expect([worker.state, worker.isReady]).toEqual(['draining', false]);
    transport.reply({ wireId: first?.wireId ?? 0 });
    expect(transport.sent(FRAME.stop)).toHaveLength(0);
    transport.reply({ wireId: second?.wireId ?? 0 });
    expect(worker.state).toBe('stopping');
    expect(transport.sent(FRAME.stop)).toHaveLength(1);
    expect(heard.results).toHaveLength(2);
    transport.exit({ code: 0 });
    expect([worker.state, heard.ends[0]?.how, transport.kills]).toEqual(['exited', 'asked', 0]);
    expect(clock.timers).toBe(0);
  });

  it('is for the reason of a kill that came before the request to go', () => {
    const { worker, heard, becomeReady, transport } = openWorker();
    becomeReady();
    worker.kill('its task did not return');
    worker.stop(5000);
    transport.exit({ signal: 'SIGKILL' });
    expect(heard.ends[0]).toMatchObject({ how: 'killed', report: { killedFor: 'its task did not return' } });
  });

  it('is no failed start, where the pool has asked it to go', () => {
    const { worker, heard, transport } = openWorker();
    worker.kill('it was not ready within startTimeoutMs');
    worker.destroy(0);
    transport.exit({ signal: 'SIGKILL' });
    expect(heard.ends[0]).toMatchObject({ how: 'killed', startError: undefined });
  });

  it('that still loads is a kill, for it may never get to the end of its loading', () => {
    const { worker, transport } = openWorker();
    worker.drain('resize', 5000);
    expect([transport.kills, transport.sent(FRAME.stop).length]).toEqual([1, 0]);
  });

  it('may be asked for twice', () => {
    const { worker, transport, becomeReady } = openWorker();
    becomeReady();
    worker.drain('resize', 5000);
    worker.drain('close', 5000);
    worker.stop(5000);
    expect(transport.sent(FRAME.stop)).toHaveLength(1);
    transport.exit({ code: 0 });
    worker.drain('late', 5000);
    expect(worker.state).toBe('exited');
  });

  it('without delay is a request where the module has a teardown, and no handler runs', () => {
    const { worker, transport, heard, clock } = openWorker();
    transport.becomeReady(['work'], true);
    worker.destroy(500);
    expect([worker.state, transport.sent(FRAME.stop).length, transport.kills]).toEqual(['stopping', 1, 0]);
    clock.advance(499);
    expect(transport.kills).toBe(0);
    clock.advance(1);
    expect(transport.kills).toBe(1);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(heard.ends[0]).toMatchObject({
      how: 'asked',
      report: { killedFor: 'it had not torn down and ended within 500 ms' },
    });
  });

  it('without delay is a request, too, where nothing that it has may begin any more', () => {
    const { worker, transport, send } = openWorker();
    transport.becomeReady(['work'], true);
    for (const task of send(2)) worker.abandon(task, 'over');
    expect(worker.inFlight).toBe(2);
    worker.destroy(500);
    expect([transport.sent(FRAME.stop).length, transport.kills]).toEqual([1, 0]);
  });

  it.each([
    ['without a teardown', false, 500, 0],
    ['whose teardown gets no time', true, 0, 0],
    ['whose handler runs', true, 500, 1],
  ])('without delay is a kill for a worker %s', (_, hasTeardown, teardownMs, running) => {
    const { worker, transport, send } = openWorker();
    transport.becomeReady(['work'], hasTeardown);
    send(running);
    transport.begin(...transport.takeTasks());
    worker.destroy(teardownMs);
    expect([transport.sent(FRAME.stop).length, transport.kills]).toEqual([0, 1]);
  });

  it('without delay is a kill for a worker that still sets up', () => {
    const { worker, transport } = openWorker();
    transport.say(FRAME.warming);
    worker.destroy(500);
    expect([transport.sent(FRAME.stop).length, transport.kills]).toEqual([0, 1]);
  });

  it('without delay cuts short a teardown that has begun', () => {
    const { worker, transport, clock } = openWorker();
    transport.becomeReady(['work'], true);
    worker.stop(60_000);
    clock.advance(300);
    worker.destroy(500);
    clock.advance(199);
    expect(transport.kills).toBe(0);
    clock.advance(1);
    expect([transport.kills, transport.sent(FRAME.stop).length]).toEqual([1, 1]);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(clock.timers).toBe(0);
  });

  it('has one of three names: asked, killed, died', () => {
    const endAfter = (act: (desk: ReturnType<typeof openWorker>) => void): unknown[] => {
      const desk = openWorker();
      desk.becomeReady();
      act(desk);
      desk.transport.exit({ code: null, signal: 'SIGKILL' });
      const [end] = desk.heard.ends;
      return [end?.how, end?.report.killedFor];
    };
    expect(endAfter(() => {})).toEqual(['died', undefined]);
    expect(endAfter(({ worker }) => worker.kill('it was in the way'))).toEqual(['killed', 'it was in the way']);
    expect(endAfter(({ worker }) => worker.destroy(500))).toEqual(['asked', 'the pool ends']);
    expect(endAfter(({ worker }) => worker.stop(10))).toEqual(['asked', undefined]);
  });

  it('is not waited for when a kill does not bring it, and its tasks are free to go elsewhere', () => {
    const { worker, transport, heard, clock, becomeReady, send } = openWorker();
    becomeReady();
    send(3);
    const [first, second, third] = transport.takeTasks();
    if (first !== undefined) transport.begin(first);
    worker.kill('it was in the way');
    clock.advance(2500);
    expect(heard.ends).toEqual([]);
    clock.advance(2500);
    expect(heard.ends[0]).toMatchObject({ how: 'killed', begunCount: 1, others: [{}, {}] });
    expect(heard.ends[0]?.report).toMatchObject({
      exitCode: null,
      signal: null,
      killedFor: 'it was in the way; 5000 ms later it had not ended',
    });
    expect(transport.revoked).toEqual([second?.wireId, third?.wireId]);
    expect([worker.state, transport.isReleased, clock.timers]).toEqual(['exited', true, 0]);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(heard.ends).toHaveLength(1);
  });

  it('that came while this loop stood still is heard before it is given up', () => {
    const { worker, transport, heard, clock, becomeReady } = openWorker();
    becomeReady();
    worker.destroy(500);
    clock.fireLate(60_000);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(heard.ends[0]?.report.signal).toBe('SIGKILL');
    expect(clock.timers).toBe(0);
  });

  it('reports what the operating system said, and lets go of what is left', () => {
    const { transport, heard, clock, becomeReady } = openWorker();
    becomeReady();
    clock.advance(80);
    transport.exit({ code: null, signal: 'SIGABRT', stderrTail: 'heap', outOfMemory: 'heap' });
    expect(heard.ends[0]?.report).toEqual({
      workerId: 1,
      pid: 1001,
      exitCode: null,
      signal: 'SIGABRT',
      killedFor: undefined,
      runningTasks: [],
      uptimeMs: 100,
      stderrTail: 'heap',
      outOfMemory: 'heap',
      rssBytes: 0,
      lastSection: '',
    });
    expect(transport.isReleased).toBe(true);
  });

  it('comes by kill when it says what no worker says, and is explained', () => {
    const { transport, heard, becomeReady } = openWorker();
    becomeReady();
    transport.say(FRAME.init);
    expect(transport.kills).toBe(1);
    transport.exit({ code: null, signal: 'SIGKILL' });
    expect(heard.ends[0]).toMatchObject({
      how: 'died',
      fault: { message: expect.stringMatching('frame of kind 1') as string },
      report: { killedFor: expect.stringMatching(/^what it sent could not be handled: .*frame of kind 1/) as string },
    });
  });
});

describe('the table of moves', () => {
  it('lets a worker end from every state but the last, and never come back', () => {
    for (const [from, to] of Object.entries(WORKER_MOVES)) {
      expect(to.includes('exited')).toBe(from !== 'exited');
      expect(to).not.toContain('starting');
    }
    expect(canMove('idle', 'busy')).toBe(true);
    expect(canMove('stopping', 'busy')).toBe(false);
  });

  it('is kept: a task for a worker that takes none is an error of ours', () => {
    const { assign, worker, becomeReady } = openWorker();
    expect(() => assign()).toThrow('worker 1 may not move from "starting" to "busy"');
    becomeReady();
    worker.drain('resize', 5000);
    expect(() => assign()).toThrow('worker 1 may not move from "stopping" to "busy"');
    expect(worker.state).toBe('stopping');
  });
});
