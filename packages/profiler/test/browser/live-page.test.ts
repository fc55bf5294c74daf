import { channel } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import { CHANNELS, type PoolStats } from '@millpond/core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ran } from '../fakes.js';
import { served, sourceOf } from '../live/http.js';
import { NO_SUMMARY, SaidPool, statsOf } from '../live/live-pool-stats.js';
import { sampleReport } from '../support/sample-report.js';

const BROWSER =
  process.env['CHROMIUM'] ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const EVIL = '<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>';

/** Colours that more than 200 pixels of the first picture have. A text, because this test has no types of a browser. */
const COLOURS = `(() => {
  const canvas = document.querySelector('canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const colour = data.slice(i, i + 4).join();
    seen.set(colour, (seen.get(colour) ?? 0) + 1);
  }
  return [...seen.values()].filter((pixels) => pixels > 200).length;
})()`;

/** A pool with something to show everywhere. */
function fullPool(): SaidPool {
  const stats = statsOf();
  const plain = stats.byTask['resize'] as PoolStats['byTask'][string];
  const batch = {
    ...{
      batches: 4,
      items: 30,
      meanSize: 7.5,
      fillShare: 0.75,
      waitMs: 3,
      savedCalls: 26,
      merged: 0,
      splits: 0,
      size: 10,
    },
    why: { size: 3, bytes: 0, limit: 0, full: 0, time: 1, flush: 0, close: 0, again: 0 },
  };
  const evictions = { max: 1, bytes: 0, ttl: 0, memory: 0, invalidated: 0 };
  const counts = {
    ...{ entries: 3, bytes: 900, hits: 7, misses: 3, coalesced: 0, stale: 0, refreshes: 0, refreshFailures: 0 },
    ...{ unkept: 0, savedMs: 12, hitRate: 0.7, evictions },
  };
  return new SaidPool({
    byTask: {
      [EVIL]: {
        ...plain,
        batch,
        breaker: { state: 'open', keys: 1, notClosed: 1, opened: 2, refused: 5 },
        limitWaitMs: { ...NO_SUMMARY, count: 9, mean: 4 },
      },
      thumbnail: plain,
    },
    cache: { ...counts, store: undefined, byTask: { [EVIL]: counts } },
    memory: {
      ...{ usedBytes: 3e9, limitBytes: 8e9, source: 'machine', level: 'normal' },
      trend: { direction: 'stable', bytesPerMinute: 0, overMs: 0 },
    },
    sizing: { ...stats.sizing, reason: EVIL },
  });
}

describe.skipIf(BROWSER === undefined)('the live page in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: BROWSER ?? '', args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  /** A page whose complaints are collected: errors, refusals of its policy, requests to elsewhere. */
  async function open(url: string, scheme: 'light' | 'dark' = 'light'): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1200, height: 1500 } });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    await page.goto(url);
    return { page, complaints };
  }

  function work(pool: SaidPool): void {
    const now = performance.now();
    for (let i = 0; i < 200; i++) {
      const at = now - 40_000 + i * 200;
      const fields = {
        workerId: 1 + (i % 2),
        task: i % 3 === 0 ? EVIL : 'thumbnail',
        outcome: i === 50 ? 'error' : 'ok',
      } as const;
      channel(CHANNELS.task).publish({ pool, trace: ran(at, at + 150, fields) });
    }
  }

  it.each(['light', 'dark'] as const)('draws all of it without a complaint, %s', async (scheme) => {
    const pool = fullPool();
    const report = sampleReport({ tasks: 40 });
    report.verdict = { kind: 'bottleneck', sentence: EVIL, step: 'Raise workers.max to 8.', id: 'R01' };
    const { url } = await served(sourceOf([pool, new SaidPool({ name: EVIL })], () => report));
    work(pool);
    const { page, complaints } = await open(url, scheme);
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('heading', { name: 'Pool "resize"' }).waitFor();
    await page.getByText('Raise workers.max to 8.').waitFor();
    pool.said = { ...pool.said, sizing: { ...pool.said.sizing, workers: 3, reason: 'more tasks wait' } };
    await page.getByText('workers 2 → 3, because more tasks wait').waitFor();
    for (const caption of ['Task names', 'Workers', 'Caches', 'Batches', 'Circuit breakers', 'Waits for limits'])
      expect(await page.getByRole('region', { name: caption }).first().isVisible(), caption).toBe(true);
    expect(await page.getByRole('img', { name: /^Tasks of the last 60 seconds by worker, pool resize/ }).count()).toBe(
      1,
    );
    const colours = await page.evaluate(COLOURS);
    // Nothing, lanes, and the blocks of two names.
    expect(colours).toBeGreaterThanOrEqual(4);
    expect(await page.evaluate(`'wasRun' in window`)).toBe(false);
    expect(await page.locator('img').count()).toBe(0);
    if (process.env['SCREENSHOTS'] !== undefined)
      await page.screenshot({ path: `${process.env['SCREENSHOTS']}/live-${scheme}.png`, fullPage: true });
    expect(complaints).toEqual([]);
  });

  it('draws a profiler without a pool', async () => {
    const { url } = await served(sourceOf([], () => sampleReport({ tasks: 0 })));
    const { page, complaints } = await open(url);
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByText('Nothing is worth changing.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('pauses by the keyboard, and goes on with what is present', async () => {
    const pool = new SaidPool();
    const { url } = await served(sourceOf([pool]));
    const { page } = await open(url);
    const completed = page.locator('.numbers dd').nth(2);
    await expect.poll(() => completed.textContent()).toBe('19');
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Go on', pressed: true }).waitFor();
    pool.said = { ...pool.said, tasks: { ...pool.said.tasks, completed: 77 } };
    // A later state has come to the page by now, and is not shown.
    await page.waitForResponse(() => true, { timeout: 400 }).catch(() => undefined);
    expect(await completed.textContent()).toBe('19');
    await page.keyboard.press(' ');
    await expect.poll(() => completed.textContent()).toBe('77');
  });

  it('says that the profiler has stopped, and asks no more', async () => {
    const { url, close } = await served();
    const { page, complaints } = await open(url);
    await page.getByText('live', { exact: true }).waitFor();
    await close();
    await page.getByText('the profiler has stopped').waitFor();
    expect(complaints).toEqual([]);
  });

  it('is not to be read by a page of another origin', async () => {
    const { url } = await served();
    const { url: other } = await served();
    const { page } = await open(other);
    const answer = await page.evaluate(
      (address) =>
        fetch(`${address}state`, { mode: 'cors' }).then(
          (response) => response.text(),
          () => 'refused',
        ),
      url,
    );
    expect(answer).toBe('refused');
  });
});
