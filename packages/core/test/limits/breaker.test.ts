import { describe, expect, it } from 'vitest';
import {
  Breaker,
  BREAKER_MOVES,
  type BreakerChange,
  type BreakerRules,
  type CallOutcome,
  type Permit,
} from '../../src/limits/breaker.js';

const RULES: BreakerRules = {
  consecutive: 3,
  failureShare: 2,
  slowShare: 2,
  slowMs: Infinity,
  windowMs: 1000,
  minCalls: 10,
  openMs: 100,
  maxOpenMs: 1000,
  probes: 1,
  probeMs: 50,
  dryRun: false,
};

function open(rules: Partial<BreakerRules> = {}) {
  const changes: BreakerChange[] = [];
  const breaker = new Breaker(
    { ...RULES, ...rules },
    () => 1,
    (change) => changes.push(change),
  );
  /** One call from beginning to end; false where it was refused. */
  const call = (nowMs: number, outcome: CallOutcome, tookMs = 0): boolean => {
    const permit = breaker.admit(nowMs);
    if (permit !== undefined) breaker.ended(permit, outcome, nowMs + tookMs, tookMs, new Error(`at ${nowMs}`));
    return permit !== undefined;
  };
  /** Lets a call through that a test ends by hand. */
  const begin = (nowMs: number) => {
    const permit = breaker.admit(nowMs);
    if (permit === undefined) throw new Error('It was refused.');
    return (outcome: CallOutcome, atMs: number, failure?: unknown): void =>
      breaker.ended(permit, outcome, atMs, atMs - nowMs, failure);
  };
  const states = (): string[] => changes.map(({ to }) => to);
  const fail = (nowMs: number, times = 1): void => {
    for (let time = 0; time < times; time++) call(nowMs, 'failed');
  };
  return { breaker, changes, call, fail, begin, states };
}

describe('a closed breaker opens', () => {
  it('after failures in a row, and not when a success is among them', () => {
    const { breaker, call, fail, changes } = open();
    fail(0, 2);
    call(0, 'ok');
    fail(0, 2);
    expect(changes).toEqual([]);
    fail(7);
    expect(changes).toMatchObject([
      { from: 'closed', to: 'open', reason: '3 calls failed in a row', openMs: 100, error: { message: 'at 7' } },
    ]);
    expect(breaker.lastFailure).toMatchObject({ message: 'at 7' });
  });

  it('when a share of the latest calls failed, once there are enough', () => {
    const { call, states } = open({ consecutive: Infinity, failureShare: 0.5 });
    for (let n = 0; n < 9; n++) call(n, n % 2 === 0 ? 'failed' : 'ok');
    expect(states()).toEqual([]);
    call(9, 'ok');
    expect(states()).toEqual(['open']);
  });

  it('not for failures of long ago', () => {
    const { call, states } = open({ consecutive: Infinity, failureShare: 0.5 });
    for (let n = 0; n < 9; n++) call(n, 'failed');
    for (let n = 0; n < 10; n++) call(2000 + n, n < 4 ? 'failed' : 'ok');
    expect(states()).toEqual([]);
  });

  it('when a share of the latest calls was slow', () => {
    const { call, changes } = open({ consecutive: Infinity, slowShare: 0.6, slowMs: 20 });
    for (let n = 0; n < 10; n++) call(n, 'ok', n < 6 ? 20 : 19);
    expect(changes).toMatchObject([{ to: 'open', reason: '6 of 10 calls were slow', error: undefined }]);
  });

  it('never for calls that say nothing about the service', () => {
    const { call, states } = open({ failureShare: 0.1, minCalls: 1 });
    for (let n = 0; n < 100; n++) call(n, 'ignored', 1000);
    expect(states()).toEqual([]);
  });

  it('while any number of calls are under way side by side', () => {
    const { begin, states } = open();
    const calls = [1, 2, 3, 4, 5].map(() => begin(0));
    for (const end of calls.slice(0, 2)) end('failed', 10);
    expect(states()).toEqual([]);
    for (const end of calls.slice(2)) end('failed', 10);
    expect(states()).toEqual(['open']);
  });
});

describe('an open breaker', () => {
  it('refuses calls for its time, then lets probes through', () => {
    const { breaker, fail, call } = open();
    fail(0, 3);
    expect([call(99, 'ok'), breaker.refusesUntil(99)]).toEqual([false, 100]);
    expect([breaker.refusesUntil(100), call(100, 'ok'), breaker.stateAt(100)]).toEqual([undefined, true, 'closed']);
  });

  it('is open for as long each time, unless it may be for longer', () => {
    const { breaker, fail, call } = open({ maxOpenMs: 100 });
    fail(0, 3);
    for (const nowMs of [100, 200, 300]) {
      call(nowMs, 'failed');
      expect(breaker.refusesUntil(nowMs)).toBe(nowMs + 100);
    }
  });

  it('is open for longer each time, up to a limit', () => {
    const { breaker, fail, call } = open();
    fail(0, 3);
    const lasted = [];
    for (let n = 0, nowMs = 100; n < 6; n++) {
      call(nowMs, 'failed');
      const untilMs = breaker.refusesUntil(nowMs) as number;
      lasted.push(untilMs - nowMs);
      nowMs = untilMs;
    }
    expect(lasted).toEqual([200, 400, 800, 1000, 1000, 1000]);
    // A breaker that has closed begins anew.
    const atMs = 100 + lasted.reduce((sum, ms) => sum + ms);
    call(atMs, 'ok');
    fail(atMs, 3);
    expect(breaker.refusesUntil(atMs)).toBe(atMs + 100);
  });

  it('takes no outcome of calls that began before', () => {
    const { breaker, fail, begin, states } = open();
    const early = [begin(0), begin(0)];
    fail(0, 3);
    early[0]?.('ok', 50);
    expect(breaker.stateAt(50)).toBe('open');
    expect(breaker.admit(100)).toBeDefined();
    early[1]?.('failed', 110);
    expect(states()).toEqual(['open', 'half-open']);
  });
});

describe('a half-open breaker', () => {
  it('lets exactly as many probes through, and closes when all have succeeded', () => {
    const { breaker, fail, begin } = open({ probes: 2 });
    fail(0, 3);
    const probes = [begin(100), begin(101)];
    expect(breaker.admit(101)).toBeUndefined();
    expect(breaker.refusesUntil(101)).toBe(150);
    probes[0]?.('ok', 110);
    // One has succeeded and one is under way: there is no place for a third.
    expect(breaker.admit(111)).toBeUndefined();
    probes[1]?.('ok', 112);
    expect(breaker.stateAt(112)).toBe('closed');
  });

  it('opens again when one fails, and takes no outcome of the others', () => {
    const { breaker, fail, begin, states } = open({ probes: 2 });
    fail(0, 3);
    const [first, second] = [begin(100), begin(100)];
    first('failed', 110, new Error('still down'));
    second('ok', 111);
    expect(states()).toEqual(['open', 'half-open', 'open']);
    expect(breaker.lastFailure).toMatchObject({ message: 'still down' });
  });

  it('opens again when one is slow', () => {
    const { call, fail, changes } = open({ slowShare: 0.5, slowMs: 20 });
    fail(0, 3);
    call(100, 'ok', 21);
    expect(changes.at(-1)).toMatchObject({ to: 'open', reason: 'a probe took 21 ms' });
  });

  it('gives the place of a cancelled probe to another', () => {
    const { breaker, fail, begin } = open();
    fail(0, 3);
    const end = begin(100);
    expect(breaker.admit(100)).toBeUndefined();
    end('ignored', 101);
    expect(breaker.admit(101)).toBeDefined();
  });

  it('opens again when a probe has no result in time, and takes none from it later', () => {
    const { breaker, fail, begin, changes, states } = open();
    fail(0, 3);
    const late = begin(100);
    expect(breaker.refusesUntil(149)).toBe(150);
    expect(breaker.refusesUntil(150)).toBe(350);
    expect(changes.at(-1)?.reason).toBe('a probe had no result within 50 ms');
    late('ok', 160);
    expect(states()).toEqual(['open', 'half-open', 'open']);
  });
});

describe('a program', () => {
  it('isolates a service until it resets it', () => {
    const { breaker, call, changes } = open();
    breaker.isolate();
    breaker.isolate();
    expect([call(0, 'ok'), breaker.refusesUntil(1e9)]).toEqual([false, Infinity]);
    breaker.reset();
    expect(call(0, 'ok')).toBe(true);
    expect(changes).toMatchObject([
      { to: 'isolated', openMs: Infinity },
      { to: 'closed', openMs: 0 },
    ]);
  });

  it('has a closed breaker forget its calls', () => {
    const { breaker, fail, states } = open();
    fail(0, 2);
    breaker.reset();
    fail(0, 2);
    expect(states()).toEqual([]);
  });

  it('may see what a breaker would do', () => {
    const { breaker, call, fail, states } = open({ dryRun: true });
    fail(0, 3);
    expect([call(1, 'failed'), breaker.refusesUntil(1), breaker.stateAt(1)]).toEqual([true, undefined, 'open']);
    // Of the calls that go through after its time, one is the probe.
    const [probe, other] = [breaker.admit(100), breaker.admit(100)];
    if (other !== undefined) breaker.ended(other, 'failed', 105, 5);
    expect(breaker.stateAt(105)).toBe('half-open');
    if (probe !== undefined) breaker.ended(probe, 'ok', 110, 10);
    expect(states()).toEqual(['open', 'half-open', 'closed']);
  });
});

it('no breaker makes a move that the table lacks, and half-open it never has more probes than its rules say', () => {
  for (const probes of [1, 2]) {
    const { breaker, changes } = open({ probes, failureShare: 0.5, minCalls: 4, slowShare: 0.5, slowMs: 50 });
    const underWay: Permit[] = [];
    let seed = 7;
    const draw = (below: number): number => (seed = (seed * 16_807) % 2_147_483_647) % below;
    for (let nowMs = 0; nowMs < 50_000; nowMs += draw(30)) {
      const what = draw(60);
      if (what === 0) breaker.reset();
      else if (what === 1) breaker.isolate();
      else if (what < 30) {
        const permit = breaker.admit(nowMs);
        if (permit !== undefined) underWay.push(permit);
        const state = breaker.stateAt(nowMs);
        if (state === 'half-open') {
          const own = underWay.filter((each) => each.state === permit?.state);
          expect(own.length).toBeLessThanOrEqual(probes);
        } else expect(permit === undefined).toBe(state !== 'closed');
      } else {
        const [permit] = underWay.splice(draw(underWay.length + 1), 1);
        const outcome = (['ok', 'failed', 'ignored'] as const)[draw(3)] ?? 'ok';
        if (permit !== undefined) breaker.ended(permit, outcome, nowMs, nowMs - permit.beganAtMs);
      }
    }
    for (const { from, to } of changes) expect(BREAKER_MOVES[from]).toContain(to);
    expect(new Set(changes.map(({ to }) => to)).size).toBe(4);
  }
});
