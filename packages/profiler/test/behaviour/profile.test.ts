import { channel } from 'node:diagnostics_channel';
import { CHANNELS, Pool, type PoolOptions } from '@millpond/core';
import { type PoolReport, Profiler, type Report } from '@millpond/profiler';
import { afterEach, describe, expect, it, vi } from 'vitest';

interface Handlers {
  resize(input: { rounds: number }): number;
  crunch(input: { rounds: number }): void;
  echo<T>(input: T): T;
  failFirst(): number;
  pause(ms: number): Promise<void>;
  exit(): void;
  exitWithin(): void;
  hang(): void;
  gather(size: number): Promise<number>;
}
const MODULE = new URL('./fixtures/timed-sections.mjs', import.meta.url);

describe.each(['process', 'thread', 'inline'] as const)('a profiled pool of kind %s', (kind) => {
  const pools: Pool<Handlers>[] = [];

  function makePool(options: PoolOptions<Handlers> = {}): Pool<Handlers> {
    const pool = new Pool<Handlers>(MODULE, { kind, name: 'resize', workers: 1, ...options });
    pools.push(pool);
    return pool;
  }

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
    const heard = Object.values(CHANNELS).filter((name) => channel(name).hasSubscribers);
    expect(heard).toEqual([]);
  });

  it('has every task, and segments that add up to the latency', async () => {
    const pool = makePool({ workers: 2 });
    const profiler = new Profiler().attach(pool);
    const inputs = Array.from({ length: 1000 }, (_, i) => i);
    const values: unknown[] = [];
    for await (const value of pool.map('echo', inputs)) values.push(value);
    const report = poolOf(await profiler.stop());

    expect(values).toEqual(inputs);
    expect(report).toMatchObject({ name: 'resize', kind, tasks: 1000, tries: 1000, retries: 0 });
    expect(report.outcomes).toEqual({ ok: 1000, error: 0, cancelled: 0, timeout: 0, crash: 0 });
    const [echo] = report.byTask;
    expect(echo?.latency.count).toBe(1000);
    const segments = Object.values(echo?.segments ?? {});
    expect(segments.reduce((sum, segment) => sum + segment.totalMs, 0)).toBeCloseTo(echo?.latency.totalMs ?? NaN, 3);
    expect(segments.reduce((sum, segment) => sum + segment.share, 0)).toBeCloseTo(1, 6);
    expect(report.workers.reduce((sum, worker) => sum + worker.tasks, 0)).toBe(1000);
    expect(report.utilization).toBeGreaterThan(0);
    expect(report.utilization).toBeLessThanOrEqual(1);
  });

  it('has the sections of every task of a pool that was closed, and self times that add up', async () => {
    const pool = makePool({ workers: 2 });
    const profiler = new Profiler().attach(pool);
    const inputs = Array.from({ length: 20 }, () => ({ rounds: 200_000 }));
    await Promise.all(inputs.map((input) => pool.run('resize', input)));
    // A result may be read ahead of the frame that tells of the sections of its task. The last frames come with the end.
    await pool.close();
    const report = poolOf(await profiler.stop());

    const sections = new Map(report.sections.map((section) => [section.path.join('/'), section]));
    expect([...sections.keys()].sort()).toEqual(['encode', 'load', 'load/decode', 'load/read']);
    for (const section of sections.values()) expect(section).toMatchObject({ task: 'resize', count: 20 });
    const [load, read, decode, encode] = ['load', 'load/read', 'load/decode', 'encode'].map((path) =>
      sections.get(path)!,
    );
    expect(load!.selfMs).toBeCloseTo(load!.totalMs - read!.totalMs - decode!.totalMs, 3);
    const selfMs = report.sections.reduce((sum, section) => sum + section.selfMs, 0);
    expect(selfMs).toBeCloseTo(load!.totalMs + encode!.totalMs, 3);
    // Sections lie inside the execution; its stamps are rounded to a few µs.
    expect(selfMs).toBeLessThan(report.byTask[0]!.segments.execution.totalMs * 1.01 + 1);
    expect(decode!.minMs).toBeGreaterThan(0);
    expect(decode!.p50Ms).toBeGreaterThanOrEqual(decode!.minMs);
    expect(decode!.maxMs).toBeGreaterThanOrEqual(decode!.p99Ms);
  });

  it('names the execution, and its section, when a handler keeps the processor busy', async () => {
    const pool = makePool();
    await pool.ready();
    const profiler = new Profiler().attach(pool);
    for (let i = 0; i < 10; i++) await pool.run('crunch', { rounds: 20_000_000 });
    // A result may be read ahead of the frame that tells of the sections of its task.
    await vi.waitUntil(() => profiler.bottlenecks()[0]?.count === 10, { timeout: 30_000, interval: 5 });
    const report = await profiler.stop();

    const [crunch] = poolOf(report).byTask;
    // Ten times some 40 ms against some ten messages.
    expect(crunch?.segments.execution.share).toBeGreaterThan(0.5);
    // One call at a time, and the next one waits for it.
    expect(report.verdict).toMatchObject({ kind: 'unknown', id: 'R28' });
    expect(report.data.findings.concat(report.data.notes).map(({ id }) => id)).toContain('R28');
    expect(profiler.bottlenecks()[0]).toMatchObject({ name: 'crunch', where: 'worker', task: 'crunch', count: 10 });
    expect(report.toText()).toMatch(/^pool "resize" · (process|thread|inline) × 1 · .* · 10 tasks · /);
  });

  it('counts tries and retries', async () => {
    const pool = makePool({ retry: { attempts: 1, backoff: { baseMs: 0, maxMs: 0 } } });
    const profiler = new Profiler().attach(pool);
    expect(await pool.run('failFirst', undefined)).toBe(2);
    expect(poolOf(await profiler.stop())).toMatchObject({
      tries: 2,
      retries: 1,
      tasks: 1,
      outcomes: { ok: 1, error: 1 },
    });
  });

  it('counts a task that was cancelled while it waited apart', async () => {
    const pool = makePool();
    pool.pause();
    const profiler = new Profiler().attach(pool);
    const canceller = new AbortController();
    const cancelled = pool.run('echo', 1, { signal: canceller.signal });
    canceller.abort(new Error('not wanted'));
    await expect(cancelled).rejects.toThrow('not wanted');
    pool.resume();
    await pool.run('echo', 2);
    const [echo] = poolOf(await profiler.stop()).byTask;
    expect(echo).toMatchObject({
      tries: 2,
      outcomes: { ok: 1, cancelled: 1 },
      incomplete: { count: 1 },
      latency: { count: 1 },
    });
  });

  it('counts tasks that overlap in one worker once as busy', async () => {
    const pool = makePool({ concurrency: 4 });
    await pool.ready();
    const profiler = new Profiler().attach(pool);
    await Promise.all([4, 4, 4, 4].map((size) => pool.run('gather', size)));
    const [worker] = poolOf(await profiler.stop()).workers;
    expect(worker?.tasks).toBe(4);
    expect(worker?.executionMs).toBeGreaterThanOrEqual(worker?.busyMs ?? NaN);
    expect(worker?.busyMs).toBeLessThanOrEqual(worker?.upMs ?? NaN);
  });

  it('keeps two pools apart', async () => {
    const [first, second] = [makePool({ name: 'first' }), makePool({ name: 'second' })];
    const profiler = new Profiler({ level: 'trace' }).attach(first).attach(second);
    await Promise.all([first.run('echo', 1), second.run('echo', 2), second.run('echo', 3)]);
    const { data } = await profiler.stop();
    expect(data.pools.map(({ name, tasks, spans }) => [name, tasks, spans?.kept])).toEqual([
      ['first', 1, 1],
      ['second', 2, 2],
    ]);
  });

  it('times sections of the parent around calls of the pool', async () => {
    const pool = makePool();
    await pool.ready();
    const profiler = new Profiler().attach(pool);
    await Promise.all(
      ['a', 'b'].map((name) =>
        profiler.section(name, async () => {
          await pool.run('echo', name);
          await profiler.section('save', () => pool.run('echo', name));
        }),
      ),
    );
    const { parent } = (await profiler.stop()).data;
    const paths = parent.sections.map((section) => section.path.join('/'));
    expect(paths.sort()).toEqual(['a', 'a/save', 'b', 'b/save']);
    for (const section of parent.sections) expect(section.count).toBe(1);
  });

  it.skipIf(kind === 'inline')(
    'knows the boot time of workers that start, and not of those that were there',
    async () => {
      const early = makePool();
      const profilers = [new Profiler().attach(early)];
      await early.ready();
      profilers.push(new Profiler().attach(early));
      await early.run('echo', 1);
      const [before, after] = await Promise.all(profilers.map((profiler) => profiler.stop()));
      expect(poolOf(before!).workers).toMatchObject([{ workerId: 1, tasks: 1, exited: false }]);
      expect(poolOf(before!).workers[0]?.bootMs).toBeGreaterThan(0);
      expect(poolOf(after!).workers).toMatchObject([{ workerId: 1, tasks: 1, bootMs: null }]);
    },
  );

  it('counts warm-up tasks as boot, and nowhere else', async () => {
    const pool = makePool({ warmup: { tasks: [{ name: 'pause', input: 100, times: 2 }] } });
    const profiler = new Profiler().attach(pool);
    await pool.ready();
    const readyMs = performance.now();
    await pool.run('echo', 1);
    const ranMs = performance.now() - readyMs;
    const { workers, byTask, sections, bootWaitMs } = poolOf(await profiler.stop());
    // A timer may be early by a millisecond.
    expect(workers[0]?.bootMs).toBeGreaterThan(198);
    expect(workers[0]?.busyMs).toBeLessThan(ranMs + 1);
    expect(byTask.map(({ task, tries }) => [task, tries])).toEqual([['echo', 1]]);
    expect(sections).toEqual([]);
    expect(bootWaitMs).toBe(0);
  });

  it.skipIf(kind === 'inline')('cannot tell where handlers hang, and says so', async () => {
    const pool = makePool();
    await pool.run('echo', 1);
    const profiler = new Profiler().attach(pool);
    let noteBegun = (): void => {};
    const begun = new Promise<void>((resolve) => (noteBegun = resolve));
    const hanging = pool.run('hang', undefined, { onProgress: noteBegun });
    const waiting = pool.run('echo', 2);
    const ended = Promise.allSettled([hanging, waiting]);
    await begun;
    const { verdict, data } = await profiler.stop();
    expect(verdict.kind).toBe('unknown');
    expect(verdict.sentence).toContain('1 worker without an answer');
    expect(verdict.step).toContain('timeoutMs');
    expect(data.pools[0]?.atEnd).toEqual({
      ...{ queued: 1, dispatched: 1, silentWorkers: 1 },
      running: [{ task: 'hang', workerId: 1, ms: expect.any(Number) }],
    });
    await pool.destroy();
    await ended;
  });

  it('finds inputs that come again, at level trace', async () => {
    const repeatedOf = async (level: 'stats' | 'trace') => {
      const pool = makePool();
      const profiler = new Profiler({ level }).attach(pool);
      for (let n = 0; n < 30; n++) await pool.run('crunch', { rounds: 10_000 + (n % 3) });
      await pool.run('echo', 'once');
      return poolOf(await profiler.stop());
    };
    expect((await repeatedOf('stats')).cache).toEqual([]);
    const { cache, byTask } = await repeatedOf('trace');
    const executionMs = byTask.find(({ task }) => task === 'crunch')?.segments.execution.totalMs ?? NaN;
    expect(cache).toMatchObject([{ task: 'crunch', lookups: 0 }]);
    expect(cache[0]?.repeatedMs).toBeGreaterThan(0);
    expect(cache[0]?.repeatedMs).toBeLessThan(executionMs);
  });

  it('has the waits of calls for equal ones', async () => {
    const pool = makePool({ tasks: { pause: { cache: true } } });
    const profiler = new Profiler().attach(pool);
    await Promise.all([pool.run('pause', 50), pool.run('pause', 50), pool.run('pause', 50)]);
    const [pause] = poolOf(await profiler.stop()).byTask;
    expect(pause).toMatchObject({ tries: 1, waits: { cache: { count: 2 } } });
    expect(pause?.waits.cache.minMs).toBeGreaterThan(40);
  });

  it.skipIf(kind === 'inline')('names the section in which a worker died', async () => {
    const pool = makePool();
    const profiler = new Profiler().attach(pool);
    await expect(pool.run('exitWithin', undefined)).rejects.toMatchObject({ code: 'ERR_WORKER_CRASHED' });
    await pool.run('echo', 1);
    const { deaths } = poolOf(await profiler.stop());
    expect(deaths).toMatchObject([{ workerId: 1, section: 'outer › inner' }]);
  });

  it.skipIf(kind === 'inline')('counts a crash apart, and the worker up to its exit', async () => {
    const pool = makePool();
    const profiler = new Profiler().attach(pool);
    await expect(pool.run('exit', undefined)).rejects.toMatchObject({ code: 'ERR_WORKER_CRASHED' });
    await pool.run('echo', 1);
    const report = poolOf(await profiler.stop());
    expect(report.outcomes).toMatchObject({ ok: 1, crash: 1 });
    expect(report.byTask.find((task) => task.task === 'exit')).toMatchObject({
      latency: { count: 0 },
      incomplete: { count: 1 },
    });
    expect(report.workers.map(({ workerId, tasks, exited }) => ({ workerId, tasks, exited }))).toEqual([
      { workerId: 1, tasks: 0, exited: true },
      { workerId: 2, tasks: 1, exited: false },
    ]);
    expect(report.peakWorkers).toBe(1);
  });

  it('can be stopped after the pool was closed', async () => {
    const pool = makePool();
    const profiler = new Profiler().attach(pool);
    await pool.run('echo', 1);
    await pool.close();
    const report = poolOf(await profiler.stop());
    expect(report).toMatchObject({ tasks: 1, atEnd: { queued: 0, dispatched: 0 } });
  });
});

function poolOf(report: Report): PoolReport {
  const [pool] = report.data.pools;
  if (pool === undefined) throw new Error('The report has no pool.');
  return pool;
}
