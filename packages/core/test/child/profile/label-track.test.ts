import { describe, expect, it } from 'vitest';
import { LabelWriter } from '../../../src/child/profile/label-track.js';
import { RunningLabel } from '../../../src/child/profile/running-label.js';
import type { LabelTrack } from '../../../src/contract/profile-messages.js';

function stretchesOf({ names, atMs, label }: LabelTrack): [number, string][] {
  return atMs.map((at, index) => [at, names[label[index] ?? 0] ?? '?']);
}

/** A label whose clock the test moves, and its track. */
function running() {
  let now = 0;
  const track = new LabelWriter();
  const label = new RunningLabel(() => now);
  label.serve(['load', 'save']);
  label.write(track);
  return { label, at: (ms: number) => (now = ms), stretches: () => stretchesOf(track.take(now)) };
}

describe('a track of labels', () => {
  it('has a stretch for each change', () => {
    const track = new LabelWriter();
    track.set(1, 'load', '');
    track.set(2, 'load', '');
    track.set(3, 'load', 'parse');
    track.set(4, '', 'parse');
    expect(stretchesOf(track.take(5))).toEqual([
      [1, 'load'],
      [3, 'load › parse'],
      [4, ''],
    ]);
  });

  it('goes on in the next one with the label that holds', () => {
    const track = new LabelWriter();
    track.set(1, 'load', 'parse');
    track.take(5);
    track.set(7, 'save', '');
    const next = track.take(9);
    expect(stretchesOf(next)).toEqual([
      [5, 'load › parse'],
      [7, 'save'],
    ]);
    expect(next.names).toEqual(['', 'load › parse', 'save']);
  });

  it('is bounded: it closes short gaps, then counts what it drops', () => {
    const track = new LabelWriter();
    for (let n = 0; n < 300_000; n++) {
      track.set(n, 'load', '');
      track.set(n + 0.99, '', '');
    }
    const short = track.take(1e6);
    expect(short.atMs.length).toBeLessThan(60_000);
    expect(short.dropped).toBe(0);
    for (let n = 0; n < 150_000; n++) track.set(1e6 + n, n % 2 === 0 ? 'load' : 'save', '');
    const long = track.take(2e6);
    expect(long.atMs).toHaveLength(100_000);
    expect(long.atMs.length + long.dropped).toBeGreaterThanOrEqual(150_000);
  });

  it('has a bounded number of names: further sections go by their task', () => {
    const track = new LabelWriter();
    track.set(0, 'load', '');
    for (let n = 0; n < 5000; n++) track.set(n + 1, 'load', `row ${n}`);
    const { names, atMs, label } = track.take(9999);
    expect(names).toHaveLength(1000);
    expect(names[label[atMs.length - 1] ?? 0]).toBe('load');
  });
});

describe('the label of what runs', () => {
  it('is the handler until it returns, and its sections', () => {
    const { label, at, stretches } = running();
    label.called(0, 1);
    at(2);
    label.section('parse');
    at(3);
    label.section('');
    label.returned(3);
    label.called(1, 5);
    label.returned(1);
    expect(stretches()).toEqual([
      [1, 'load'],
      [2, 'load › parse'],
      [3, 'load'],
      [4, ''],
      [5, 'save'],
      [6, ''],
    ]);
  });

  it('stays while the only task waits, and ends with it', () => {
    const { label, at, stretches } = running();
    label.called(0, 1);
    label.returned(1);
    at(2);
    label.waits(0, 1);
    at(4);
    label.section('read');
    at(6);
    label.settled(0, 0);
    expect(stretches()).toEqual([
      [1, 'load'],
      [2, ''],
      [2, 'load'],
      [4, 'load › read'],
      [6, ''],
    ]);
  });

  it('is none while several wait, and that of the last one that is left', () => {
    const { label, at, stretches } = running();
    label.waits(0, 1);
    at(1);
    label.waits(1, 2);
    at(2);
    label.section('whose?');
    at(3);
    label.settled(0, 1);
    at(4);
    label.settled(1, 0);
    expect(stretches()).toEqual([
      [0, 'load'],
      [1, ''],
      [3, 'save'],
      [4, ''],
    ]);
  });

  it('is none while tasks from before may go on', () => {
    const { label, at, stretches } = running();
    // Two were under way when the profiling began.
    label.waits(0, 3);
    at(1);
    label.settled(0, 2);
    at(2);
    label.settled(1, 1);
    at(3);
    label.settled(1, 0);
    at(4);
    label.waits(0, 1);
    expect(stretches()).toEqual([[4, 'load']]);
  });
});
