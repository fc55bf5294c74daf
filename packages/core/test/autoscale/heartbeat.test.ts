import { describe, expect, it } from 'vitest';
import { Heartbeat, type Keeper, type Pace, soonest } from '../../src/autoscale/heartbeat.js';
import { FakeClock } from '../support/fake-clock.js';

/** A heartbeat that keeps the pace a test sets, and the times it beat at. */
function open() {
  const clock = new FakeClock(0);
  const beats: number[] = [];
  const wanted = { pace: 'fast' as Pace, during: () => {}, hasWork: true };
  const keeper: Keeper = {
    tick(nowMs) {
      beats.push(nowMs);
      wanted.during();
      return wanted.pace;
    },
  };
  const heartbeat = new Heartbeat(clock, [keeper], () => wanted.hasWork);
  return { clock, beats, heartbeat, wanted };
}

describe('a heartbeat', () => {
  it('calls its keepers in their order, and goes on as soon as one of them needs', () => {
    const clock = new FakeClock(0);
    const calls: string[] = [];
    const keeper = (name: string, pace: Pace): Keeper => ({
      wake: (nowMs) => calls.push(`wake ${name} ${nowMs}`),
      tick: (nowMs, hasWork) => {
        calls.push(`${name} ${nowMs} ${hasWork}`);
        return pace;
      },
      stop: () => calls.push(`stop ${name}`),
    });
    const heartbeat = new Heartbeat(clock, [keeper('memory', 'rest'), keeper('size', 'slow')], () => true);
    heartbeat.wake();
    clock.advance(1250);
    heartbeat.stop();
    heartbeat.wake();
    clock.advance(5000);
    const beats = [250, 1250].flatMap((atMs) => [`memory ${atMs} true`, `size ${atMs} true`]);
    expect(calls).toEqual(['wake memory 0', 'wake size 0', ...beats, 'stop memory', 'stop size']);
    expect(clock.timers).toBe(0);
  });

  it('calls no keeper after the one in whose tick it was stopped', () => {
    const clock = new FakeClock(0);
    const calls: string[] = [];
    const ends: Keeper = { tick: () => (heartbeat.stop(), 'fast') };
    const keeper: Keeper = { tick: () => (calls.push('tick'), 'fast'), stop: () => calls.push('stop') };
    const heartbeat = new Heartbeat(clock, [ends, keeper], () => true);
    heartbeat.wake();
    clock.advance(1000);
    expect(calls).toEqual(['stop']);
  });

  it('without keepers stands still', () => {
    const clock = new FakeClock(0);
    const heartbeat = new Heartbeat(clock, [], () => true);
    heartbeat.wake();
    expect([clock.timers, heartbeat.isAtRest]).toEqual([0, true]);
  });

  it('at rest has no timer', () => {
    const { clock, heartbeat, beats } = open();
    expect(heartbeat.isAtRest).toBe(true);
    clock.advance(10_000);
    expect([clock.timers, beats]).toEqual([0, []]);
  });

  it('goes on four times a second while there is work, and once while something is left to wait for', () => {
    const { clock, heartbeat, beats, wanted } = open();
    heartbeat.wake();
    expect(heartbeat.isAtRest).toBe(false);
    clock.advance(750);
    wanted.pace = 'slow';
    clock.advance(2250);
    expect(beats).toEqual([250, 500, 750, 1000, 2000, 3000]);
    expect(clock.timers).toBe(1);
  });

  it('goes to rest, and begins anew when it is woken', () => {
    const { clock, heartbeat, beats, wanted } = open();
    heartbeat.wake();
    wanted.pace = 'rest';
    clock.advance(250);
    expect([clock.timers, heartbeat.isAtRest]).toEqual([0, true]);
    clock.advance(100);
    heartbeat.wake();
    clock.advance(1000);
    expect(beats).toEqual([250, 600]);
  });

  it('is woken from a slow pace at once', () => {
    const { clock, heartbeat, beats, wanted } = open();
    heartbeat.wake();
    wanted.pace = 'slow';
    clock.advance(300);
    heartbeat.wake();
    clock.advance(250);
    expect(beats).toEqual([250, 550]);
    expect(clock.timers).toBe(1);
  });

  it('is not put off by work that comes again and again', () => {
    const { clock, heartbeat, beats } = open();
    for (let call = 0; call < 10; call++) {
      heartbeat.wake();
      clock.advance(100);
    }
    expect(beats).toEqual([250, 500, 750, 1000]);
  });

  it('that is woken by its own beat has one timer', () => {
    const { clock, heartbeat, beats, wanted } = open();
    wanted.during = () => heartbeat.wake();
    heartbeat.wake();
    wanted.pace = 'slow';
    clock.advance(3250);
    expect(clock.timers).toBe(1);
    expect(beats).toEqual([250, 1250, 2250, 3250]);
  });

  it.each(['rest', 'slow'] as const)(
    'goes on fast when work came in the middle of its last beat (pace: %s)',
    (pace) => {
      const { clock, heartbeat, beats, wanted } = open();
      heartbeat.wake();
      Object.assign(wanted, { pace, hasWork: false });
      wanted.during = () => {
        wanted.hasWork = true;
        heartbeat.wake();
      };
      clock.advance(500);
      expect(beats).toEqual([250, 500]);
      expect(clock.timers).toBe(pace === 'rest' ? 0 : 1);
    },
  );

  it('that was stopped has no timer any more, even if it is woken', () => {
    const { clock, heartbeat, beats, wanted } = open();
    heartbeat.wake();
    heartbeat.stop();
    heartbeat.wake();
    clock.advance(1000);
    expect([clock.timers, beats]).toEqual([0, []]);
    // In the middle of a beat, too.
    const other = open();
    other.wanted.during = () => other.heartbeat.stop();
    other.heartbeat.wake();
    other.clock.advance(5000);
    expect([other.clock.timers, other.beats]).toEqual([0, [250]]);
    expect(wanted.pace).toBe('fast');
  });
});

describe('the soonest of several paces', () => {
  it('is fast before slow before rest', () => {
    expect(soonest('rest', 'slow', 'fast', 'rest')).toBe('fast');
    expect(soonest('rest', 'slow')).toBe('slow');
    expect(soonest('rest', 'rest')).toBe('rest');
  });
});
