import { channel } from 'node:diagnostics_channel';
import { CHANNELS, type ErrorCode, isPoolError } from '@millpond/core';
import { hostNowMs } from '@millpond/core/internal';
import { describe, expect, it, vi } from 'vitest';
import { Profiler } from '../src/profiler.js';
import { deltaOf, FakePool, ran, traceOf } from './fakes.js';

function messageOf(code: ErrorCode, run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isPoolError(error, code)) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function isHeard(): boolean {
  return Object.values(CHANNELS).some((name) => channel(name).hasSubscribers);
}

describe('options', () => {
  it('refuses an unknown key and names the nearest', () => {
    expect(messageOf('ERR_OPTION', () => new Profiler({ levl: 'stats' } as never))).toBe(
      'Option "levl" is unknown. Did you mean "level"?',
    );
    expect(messageOf('ERR_OPTION', () => new Profiler({ colour: true } as never))).toBe(
      'Option "colour" is unknown. Known here: level, io, sampleUs, heap, mute.',
    );
  });

  it('refuses a wrong level, and what is no object', () => {
    expect(messageOf('ERR_OPTION', () => new Profiler({ level: 'all' as never }))).toBe(
      `Option "level" must be one of "off", "stats", "trace", "cpu"; received 'all' (string).`,
    );
    for (const [value, shown] of [
      [null, 'null'],
      [[], '[]'],
      [/a/, '/a/'],
      [new Map(), 'Map(0) {}'],
    ] as const) {
      expect(messageOf('ERR_OPTION', () => new Profiler(value as never))).toMatch(
        `must be an object; received ${shown}`,
      );
    }
    expect(() => new Profiler({ level: undefined } as object)).not.toThrow();
  });

  it('refuses wrong options of bottlenecks', () => {
    const profiler = new Profiler();
    expect(messageOf('ERR_OPTION', () => profiler.bottlenecks({ minms: 5 } as never))).toMatch('Did you mean "minMs"?');
    expect(messageOf('ERR_OPTION', () => profiler.bottlenecks({ minMs: -1 }))).toMatch('received -1 (number)');
    expect(messageOf('ERR_OPTION', () => profiler.bottlenecks({ minMs: NaN }))).toMatch('received NaN (number)');
    expect(messageOf('ERR_OPTION', () => profiler.bottlenecks({ minMeanMs: '5' as never }))).toMatch(
      '"minMeanMs" must',
    );
    expect(messageOf('ERR_OPTION', () => profiler.bottlenecks({ order: 'self' } as never))).toMatch(
      'Known here: minMs',
    );
    expect(messageOf('ERR_OPTION', () => profiler.bottlenecks({ by: 'Self' as never }))).toBe(
      `Option "by" must be one of "self", "total", "mean", "memory"; received 'Self' (string).`,
    );
    for (const limit of [0, -1, 1.5, NaN, '3']) {
      expect(messageOf('ERR_OPTION', () => profiler.bottlenecks({ limit: limit as never }))).toMatch('"limit" must be');
    }
  });

  it('refuses wrong names of marks and of stats, and marks after the end', async () => {
    const profiler = new Profiler();
    for (const name of ['', 5, undefined]) {
      expect(messageOf('ERR_OPTION', () => profiler.mark(name as never))).toMatch('"name" must be a string');
    }
    expect(messageOf('ERR_OPTION', () => profiler.mark('a', 5 as never))).toMatch('"text" must be a string');
    expect(messageOf('ERR_OPTION', () => profiler.stats(5 as never))).toMatch('"name" must be a string');
    profiler.mark('a', 'b');
    await profiler.stop();
    expect(messageOf('ERR_OPTION', () => profiler.mark('a'))).toMatch('this profiler has stopped');
  });
});

describe('the classic tools', () => {
  it('time what lies between start and end, and end gives the time', () => {
    const profiler = new Profiler();
    profiler.start('load');
    const read = profiler.start('read');
    expect(read.end()).toBeGreaterThanOrEqual(0);
    const ms = profiler.end('load');
    const stats = profiler.stats('load');
    expect(stats).toMatchObject({ count: 1, totalMs: ms, errors: 0, memory: null });
    expect(profiler.stats('nothing')).toBeUndefined();
    expect(messageOf('ERR_SECTION', () => profiler.end('load'))).toMatch('no section is open now');
  });

  it('count errors, and measure memory at level trace', async () => {
    const profiler = new Profiler({ level: 'trace' });
    const kept: Buffer[] = [];
    const load = (): never => {
      kept.push(Buffer.alloc(20_000_000));
      throw new Error('no');
    };
    expect(() => profiler.section('outer', () => profiler.section('load', load))).toThrow('no');
    await profiler.section('wait', () => new Promise((resolve) => setImmediate(resolve)));
    expect(profiler.stats('load')).toMatchObject({ errors: 1, memory: { externalBytes: 20_000_000, shared: 0 } });
    expect(profiler.stats('wait')?.memory?.shared).toBe(1);
    const [first, second] = profiler.bottlenecks({ by: 'memory' });
    expect([first?.name, first?.where]).toEqual(['load', 'parent']);
    expect(first?.memoryShare).toBeGreaterThan(0.9);
    expect(second?.memoryBytes).toBeLessThan(1_000_000);
  });

  it('have the same numbers after the end, and measure no more', async () => {
    const profiler = new Profiler();
    const pool = new FakePool('a');
    profiler.attach(pool);
    pool.saysSections([deltaOf(['parse'], 'work', [5])]);
    profiler.section('load', () => {});
    const open = profiler.start('open');
    await profiler.stop();
    pool.saysSections([deltaOf(['parse'], 'work', [7])]);
    expect(profiler.snapshot().pools[0]?.sections).toHaveLength(1);
    expect(profiler.stats('parse')).toMatchObject({ count: 1, places: [{ where: 'worker', pool: 'a', task: 'work' }] });
    expect(profiler.bottlenecks().map(({ name }) => name)).toEqual(['parse', 'load']);
    expect(open.end()).toBeGreaterThanOrEqual(0);
    expect(profiler.end('open')).toBe(0);
    expect(profiler.stats('open')).toBeUndefined();
  });
});

describe('attach', () => {
  it('listens only while a pool is attached', async () => {
    const profiler = new Profiler();
    expect(isHeard()).toBe(false);
    profiler.attach(new FakePool());
    expect(isHeard()).toBe(true);
    await profiler.stop();
    expect(isHeard()).toBe(false);
  });

  it('hears the attached pools, each for itself, and no other', async () => {
    const [a, b, stranger] = [new FakePool('a'), new FakePool('b'), new FakePool('stranger')];
    const profiler = new Profiler().attach(a).attach(b);
    const now = hostNowMs();
    a.saysTask(ran(now, now + 1));
    for (const pool of [b, stranger]) {
      pool.saysWorker('ready', 1, now, 40);
      pool.saysTask(ran(now, now + 1, { task: 'other' }));
      pool.saysTask(ran(now, now + 1, { task: 'other' }));
      pool.saysSections([deltaOf(['parse'], 'other', [1])]);
    }
    const { data } = await profiler.stop();
    expect(data.pools.map(({ name, tries }) => [name, tries])).toEqual([['a', 1], ['b', 2]]); // prettier-ignore
    expect(data.pools[1]).toMatchObject({
      byTask: [{ task: 'other', tries: 2 }],
      sections: [{ path: ['parse'], count: 1 }],
      workers: [{ workerId: 1, bootMs: 40 }],
    });
    expect(data.pools[0]?.sections).toEqual([]);
  });

  it('counts a worker that is ready already as up, one that starts as starting, and none that is gone', async () => {
    const pool = new FakePool();
    pool.workerList = [
      { id: 1, slot: 0, state: 'idle' },
      { id: 2, slot: 1, state: 'starting' },
      { id: 3, slot: 2, state: 'exited' },
    ];
    const { data } = await new Profiler().attach(pool).stop();
    expect(data.pools[0]?.workers).toMatchObject([
      { workerId: 1, bootMs: null },
      { workerId: 2, upMs: 0 },
    ]);
    expect(data.pools[0]?.peakWorkers).toBe(1);
  });

  it('refuses the same pool twice, and what is no pool, and goes on', async () => {
    const pool = new FakePool('resize');
    const profiler = new Profiler().attach(pool);
    expect(messageOf('ERR_OPTION', () => profiler.attach(pool))).toMatch(
      '"resize" is attached to this profiler already',
    );
    expect(messageOf('ERR_OPTION', () => profiler.attach({} as never))).toMatch(
      '"pool" must be a Pool; received {} (object)',
    );
    expect(messageOf('ERR_OPTION', () => profiler.attach(undefined as never))).toMatch('received undefined');
    expect(messageOf('ERR_OPTION', () => profiler.attach(new Profiler() as never))).toMatch(
      '"pool" must be a Pool; received Profiler {} (object)',
    );
    const hidden = { [Symbol.for('nodejs.util.inspect.custom')]: () => expect.fail('shown') };
    expect(messageOf('ERR_OPTION', () => profiler.attach(hidden as never))).toMatch(
      'received a value that cannot be shown',
    );
    for (const stats of [() => undefined, async () => pool.stats(), () => ({ name: 'file' })])
      expect(messageOf('ERR_OPTION', () => profiler.attach({ stats } as never))).toMatch('"pool" must be a Pool');
    pool.saysTask(ran(hostNowMs(), hostNowMs() + 1));
    expect((await profiler.stop()).data.pools).toMatchObject([{ tries: 1 }]);
  });

  it('gives pools of one name names of their own', async () => {
    const names = ['same', 'same (2)', 'same', 'same', 'other'];
    const profiler = new Profiler();
    for (const name of names) profiler.attach(new FakePool(name));
    const unique = ['same', 'same (2)', 'same (3)', 'same (4)', 'other'];
    profiler.snapshot({ sinceLast: true });
    expect(profiler.snapshot({ sinceLast: true }).pools.map(({ name }) => name)).toEqual(unique);
    expect((await profiler.stop()).data.pools.map(({ name }) => name)).toEqual(unique);
  });

  it('lets two profilers listen to one pool', async () => {
    const pool = new FakePool();
    const [first, second] = [new Profiler().attach(pool), new Profiler().attach(pool)];
    await first.stop();
    pool.saysTask(ran(hostNowMs(), hostNowMs() + 1));
    expect(first.snapshot().pools[0]?.tries).toBe(0);
    expect((await second.stop()).data.pools[0]?.tries).toBe(1);
    expect(isHeard()).toBe(false);
  });

  it('says what was not settled at the end', async () => {
    const pool = new FakePool();
    const profiler = new Profiler().attach(pool);
    pool.tasks = { queued: 5, dispatched: 2 };
    const report = await profiler.stop();
    expect(report.data.pools[0]?.atEnd).toEqual({ queued: 5, dispatched: 2, silentWorkers: 0, running: [] });
    expect(report.toText()).toMatch('tasks not settled: 2 dispatched, 5 queued');
  });
});

describe('what it tells', () => {
  it('has sections of both sides as bottlenecks, those of less self time left out on demand', async () => {
    const pool = new FakePool();
    const profiler = new Profiler().attach(pool);
    pool.saysTask(ran(hostNowMs(), hostNowMs() + 100));
    pool.saysSections([deltaOf(['decode'], 'resize', [80])], 1);
    pool.saysSections([deltaOf(['decode'], 'resize', [10])], 2);
    expect(profiler.section('parse', () => 7)).toBe(7);
    expect(profiler.bottlenecks().map(({ name, where }) => [name, where])).toEqual([['decode', 'worker'], ['parse', 'parent']]); // prettier-ignore
    expect(profiler.bottlenecks({ minMs: 50 })).toMatchObject([
      { name: 'decode', path: ['decode'], where: 'worker', pool: 'fake', task: 'resize', count: 2, selfMs: 90 },
    ]);
    await profiler.stop();
  });

  it('gives snapshots that later tasks do not change', async () => {
    const pool = new FakePool();
    const profiler = new Profiler().attach(pool);
    const before = profiler.snapshot();
    const text = JSON.stringify(before);
    pool.saysTask(ran(hostNowMs(), hostNowMs() + 1));
    expect(JSON.stringify(before)).toBe(text);
    expect(profiler.snapshot().pools[0]?.tries).toBe(1);
    await profiler.stop();
  });

  it('keeps single tries at level trace only', async () => {
    for (const level of ['stats', 'trace'] as const) {
      const pool = new FakePool();
      const profiler = new Profiler({ level }).attach(pool);
      pool.saysTask(traceOf([1, 2, 3, 4, 5, 6, 7, 8, 9], { t0: hostNowMs() }));
      const report = await profiler.stop();
      expect(report.data.run.level).toBe(level);
      expect(report.data.pools[0]?.spans?.kept).toBe(level === 'trace' ? 1 : undefined);
    }
  });

  it('keeps counting in bounded memory: a sample of a hundred thousand tries, which says how many it stands for', async () => {
    const pool = new FakePool();
    const profiler = new Profiler({ level: 'trace' }).attach(pool);
    const now = hostNowMs();
    for (let i = 0; i < 100_010; i++) pool.saysTask(ran(now + i, now + i + 1, { taskId: i }));
    const report = await profiler.stop();
    expect(report.data.pools[0]).toMatchObject({ tries: 100_010, spans: { kept: 90_000, of: 100_010 } });
    expect(report.data.quality.dropped).toMatchObject([{ count: 10_010 }]);
    expect(report.toText()).toMatch('dropped 10,010');
  });
});

describe('stop', () => {
  it('returns the same report when it is called again', async () => {
    const profiler = new Profiler();
    const [first, second] = await Promise.all([profiler.stop(), profiler.stop()]);
    expect(first).toBe(second);
    expect(profiler.snapshot()).toBe(first.data);
  });

  it('refuses sections and pools from then on, with a clear message', () => {
    const profiler = new Profiler();
    void profiler.stop();
    expect(messageOf('ERR_SECTION', () => profiler.start('a'))).toMatch(
      'Section "a" cannot be timed: this profiler has stopped',
    );
    expect(messageOf('ERR_SECTION', () => profiler.section('a', () => 1))).toMatch('this profiler has stopped');
    expect(messageOf('ERR_OPTION', () => profiler.attach(new FakePool()))).toMatch('this profiler has stopped');
    expect(() => profiler.end('a')).not.toThrow();
  });

  it('lets go of the pools when the block is left, without a report', () => {
    const profiler = new Profiler().attach(new FakePool());
    profiler[Symbol.dispose]();
    profiler[Symbol.dispose]();
    expect(isHeard()).toBe(false);
    expect(profiler.snapshot().pools).toHaveLength(1);
  });

  it('takes in what arrives in the same turn', async () => {
    const pool = new FakePool();
    const profiler = new Profiler().attach(pool);
    const stopping = profiler.stop();
    pool.saysSections([deltaOf(['decode'], 'resize', [1])]);
    expect((await stopping).data.pools[0]?.sections).toHaveLength(1);
  });

  it('names sections that were not ended', async () => {
    const profiler = new Profiler();
    profiler.start('serve');
    profiler.start('wait');
    expect((await profiler.stop()).data.parent.open).toEqual([['serve'], ['serve', 'wait']]);
  });
});

describe('a test that fakes time', () => {
  it('does not stop a report', async () => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'Date', 'performance', 'hrtime'], now: 0 });
    try {
      const { data } = await new Profiler().stop();
      expect(Date.parse(data.run.startedAt)).toBeGreaterThan(0);
      expect(data.run.wallMs).toBeGreaterThan(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
