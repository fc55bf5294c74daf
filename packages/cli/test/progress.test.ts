import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { paletteFor, wantsColor } from '../src/color.js';
import { printable } from '../src/printable.js';
import { read, sample, startMeter } from '../src/progress/meter.js';
import { chooseMode } from '../src/progress/mode.js';
import type { ProgressView } from '../src/progress/render.js';
import { renderLive, renderPlain } from '../src/progress/render.js';
import { showProgress } from '../src/progress/terminal.js';
import { formatDuration, formatRate } from '../src/progress/units.js';

vi.mock('../src/natives.js', async (original) => ({
  ...(await original<object>()),
  // As the globals give them at each call, so that a test owns time.
  setInterval: (...args: Parameters<typeof setInterval>) => setInterval(...args),
  clearInterval: (...args: Parameters<typeof clearInterval>) => clearInterval(...args),
}));

const PLAIN = paletteFor({ refused: true, isTTY: false, env: {} });
const VIEW: ProgressView = {
  done: 250,
  total: 1000,
  ratePerS: 50,
  etaMs: 15_000,
  elapsedMs: 5000,
  failed: 3,
  workers: { alive: 4, busy: 2 },
  draining: false,
};

afterEach(() => vi.useRealTimers());

describe('the progress meter', () => {
  /** A meter fed at a steady rate, sampled ten times a second. */
  function steady(perS: number, forMs: number) {
    let meter = startMeter(0);
    let done = 0;
    for (let now = 100; now <= forMs; now += 100) {
      done = Math.floor((perS * now) / 1000);
      meter = sample(meter, now, done);
    }
    return { meter, done };
  }

  it('reads the rate and the time left of a steady run', () => {
    const { meter, done } = steady(100, 20_000);
    const reading = read(meter, 20_000, done, 10_000);
    expect(reading.ratePerS).toBeCloseTo(100, 0);
    expect(reading.etaMs).toBeCloseTo(80_000, -3);
    expect(reading.elapsedMs).toBe(20_000);
  });

  it('follows a change of rate within some ten seconds', () => {
    let { meter, done } = steady(100, 20_000);
    for (let now = 20_200; now <= 50_000; now += 200) meter = sample(meter, now, (done += 4));
    expect(read(meter, 50_000, done, undefined).ratePerS).toBeLessThan(30);
  });

  it('says nothing of the end before two seconds and ten items, nor without a total', () => {
    const early = steady(100, 1900);
    expect(read(early.meter, 1900, early.done, 1000).etaMs).toBeUndefined();
    const few = steady(3, 3000);
    expect(read(few.meter, 3000, few.done, 1000).etaMs).toBeUndefined();
    const unknown = steady(100, 5000);
    expect(read(unknown.meter, 5000, unknown.done, undefined).etaMs).toBeUndefined();
  });

  it('takes the mean of a slow run, whose samples are mostly empty', () => {
    let meter = startMeter(0);
    for (let now = 200; now <= 100_000; now += 200) meter = sample(meter, now, Math.floor(now / 5000));
    expect(read(meter, 100_000, 20, 40)).toMatchObject({ ratePerS: 0.2, etaMs: 100_000 });
  });

  it('reads zeros before anything happened', () => {
    expect(read(startMeter(5), 5, 0, 10)).toEqual({ done: 0, total: 10, ratePerS: 0, etaMs: undefined, elapsedMs: 0 });
  });
});

describe('the live line', () => {
  it('shows bar, counts, rate, time left, workers and failures', () => {
    expect(renderLive(VIEW, 120, PLAIN)).toBe(
      '[=====>              ] 250/1,000 (25%) · 50.0/s · ETA 15.0 s · 2/4 workers busy · 3 failed',
    );
  });

  it('has no bar when the total is unknown, and no failures when there are none', () => {
    expect(renderLive({ ...VIEW, total: undefined, etaMs: undefined, failed: 0 }, 120, PLAIN)).toBe(
      '250 done · 50.0/s · 2/4 workers busy',
    );
  });

  it('is never wider than the terminal', () => {
    for (let width = 20; width < 120; width++) expect(renderLive(VIEW, width, PLAIN).length).toBeLessThanOrEqual(width);
  });

  it('says that it is finishing', () => {
    expect(renderLive({ ...VIEW, draining: true }, 120, PLAIN)).toContain('finishing');
  });

  it('fills its bar exactly at the end', () => {
    expect(renderLive({ ...VIEW, done: 1000 }, 120, PLAIN)).toContain('[====================]');
  });
});

describe('the plain line', () => {
  it('is complete in itself', () => {
    expect(renderPlain(VIEW)).toBe('progress: 250/1,000 (25%) · 50.0/s · ETA 15.0 s · 3 failed · 2/4 workers busy');
  });
});

describe('chooseMode', () => {
  const base = { quiet: false, isTTY: true, resultsOnTerminal: false, env: { TERM: 'xterm' } };
  it('redraws one line on a terminal', () => expect(chooseMode(base)).toBe('live'));
  it.each([
    ['no terminal', { isTTY: false }],
    ['results on the same terminal', { resultsOnTerminal: true }],
    ['CI', { env: { CI: 'true' } }],
    ['a dumb terminal', { env: { TERM: 'dumb' } }],
  ])('prints lines with %s', (_what, change) => expect(chooseMode({ ...base, ...change })).toBe('plain'));
  it('shows nothing when asked to be quiet', () => expect(chooseMode({ ...base, quiet: true })).toBe('quiet'));
});

describe('wantsColor', () => {
  const view = (env: Record<string, string>, isTTY = true, refused = false) => wantsColor({ env, isTTY, refused });
  it('follows the terminal', () => {
    expect(view({})).toBe(true);
    expect(view({}, false)).toBe(false);
    expect(view({ TERM: 'dumb' })).toBe(false);
  });
  it('is off with NO_COLOR, unless it is empty', () => {
    expect(view({ NO_COLOR: '1' })).toBe(false);
    expect(view({ NO_COLOR: '' })).toBe(true);
    expect(view({ NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
  });
  it('is on with FORCE_COLOR, and off with FORCE_COLOR=0', () => {
    expect(view({ FORCE_COLOR: '1' }, false)).toBe(true);
    expect(view({ FORCE_COLOR: '0' })).toBe(false);
  });
  it('is off with --no-color whatever else is set', () => expect(view({ FORCE_COLOR: '1' }, true, true)).toBe(false));
});

describe('showProgress', () => {
  function terminal() {
    const stream = new PassThrough();
    return { stream: Object.assign(stream, { columns: 80 }), text: () => String(stream.read() ?? '') };
  }

  it('redraws its line at most ten times a second, and removes it at the end', () => {
    vi.useFakeTimers();
    const { stream, text } = terminal();
    const shown = showProgress('live', stream, PLAIN, () => VIEW);
    vi.advanceTimersByTime(1000);
    expect(text().match(/250\/1,000/g)).toHaveLength(10);
    shown.stop();
    expect(text()).toBe('\r\u001b[2K');
    stream.write('after\n');
    expect(text()).toBe('after\n');
  });

  it('makes room for what others write to the stream', () => {
    vi.useFakeTimers();
    const { stream, text } = terminal();
    const shown = showProgress('live', stream, PLAIN, () => VIEW);
    vi.advanceTimersByTime(100);
    text();
    stream.write('worker says\n');
    expect(text()).toBe('\r\u001b[2Kworker says\n');
    shown.stop();
  });

  it('prints a line every ten seconds where there is no terminal', () => {
    vi.useFakeTimers();
    const { stream, text } = terminal();
    const shown = showProgress('plain', stream, PLAIN, () => VIEW);
    vi.advanceTimersByTime(25_000);
    expect(text().trimEnd().split('\n')).toHaveLength(2);
    shown.stop();
  });
});

describe('units', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '400 µs'],
    [0.0001, '1 µs'],
    [3.14, '3.1 ms'],
    [950, '950 ms'],
    [12_340, '12.3 s'],
    [59_990, '1m 00s'],
    [100_000, '1m 40s'],
    [7_380_000, '2h 03m'],
  ])('writes %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
  it('groups the digits of large rates', () => {
    expect(formatRate(12_345.6)).toBe('12,346/s');
    expect(formatRate(0.25)).toBe('0.25/s');
  });
});

describe('printable', () => {
  it('leaves nothing that could steer a terminal', () => {
    expect(printable('a\u001b[31mb\r\nc\u0007\u009b\u202ed')).toBe('a[31mb cd');
  });
  it('cuts to the width asked for', () => expect(printable('abcdef', 4)).toBe('abc…'));
});
