// What a reader does with a page: brush, filters, keys, colours, paper; and what names of the program may not do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/compare.js';
import { KEYS } from '../../src/html/shared/key-list.js';
import { toHtml } from '../../src/html/to-html.js';
import { hostileReport, richReport } from '../support/page-report.js';
import { browserPath, type OpenPage, Pages } from './support/chromium.js';

describe.skipIf(browserPath === undefined)('a reader', () => {
  const pages = new Pages();
  const report = richReport({ tasks: 2000, workers: 4 });
  const other = richReport({ tasks: 2000, workers: 4, seed: 9 });
  const html = toHtml(report, { compare: other });
  const endMs = report.pools[0]?.wallMs ?? 0;
  beforeAll(() => pages.start());
  afterAll(() => pages.stop());

  /** A range of the address, as parts of the run. */
  const parts = ({ range }: OpenPage) => range?.map((at) => at / endMs);

  it.each([
    ['the strip at the top', 'header .minimap canvas', 'verdict', 0.02],
    ['the task stream', '#stream canvas', 'stream', 0.06],
    ['a curve', '#charts .u-over', 'charts', 0.06],
    ['the heat map', '#heatmap canvas', 'heatmap', 0.1],
  ])('chooses a range of time on %s, which every view then shows', async (_name, selector, view, slack) => {
    const open = await pages.open(html);
    await open.drawAll();
    await open.show(view);
    const whole = {
      stream: await open.picture('#stream'),
      heat: await open.picture('#heatmap'),
      bytes: await open.picture('#bytes'),
      flame: await open.picture('#flame'),
    };
    await open.drag(selector, 0.4, 0.6);
    await open.drawn();
    const [from = 0, to = 0] = parts(open) ?? [];
    expect(Math.abs(from - 0.4)).toBeLessThan(slack);
    expect(Math.abs(to - 0.6)).toBeLessThan(slack);
    await open.drawAll();
    await open.show('stream');
    await open.drawn();
    expect(await open.picture('#stream')).not.toBe(whole.stream);
    expect(await open.picture('#heatmap')).not.toBe(whole.heat);
    await open.show('bytes');
    expect(await open.picture('#bytes')).not.toBe(whole.bytes);
    await open.show('flame');
    expect(await open.picture('#flame')).not.toBe(whole.flame);
    expect(await open.text('#flame')).toContain('In the chosen range');
    expect(await open.text('.range')).toMatch(/ to .* \(/);
    await open.page.locator('#stream canvas').dblclick();
    await open.drawn();
    expect(open.range).toBeUndefined();
    await open.show('stream');
    await open.drawn();
    expect(await open.picture('#stream')).toBe(whole.stream);
    expect(open.faults).toEqual([]);
    await open.close();
  });

  it('finds all choices again in the address', async () => {
    const first = await pages.open(html);
    await first.page.getByLabel('Task name', { exact: true }).selectOption('1');
    await first.page.getByLabel('Worker', { exact: true }).selectOption('2');
    await first.drag('header .minimap canvas', 0.25, 0.5);
    await first.page.keyboard.press('t');
    await first.drawn();
    const { hash } = first;
    await first.close();
    const second = await pages.open(html, { hash });
    expect(await second.page.getByLabel('Task name', { exact: true }).inputValue()).toBe('1');
    expect(await second.page.getByLabel('Worker', { exact: true }).inputValue()).toBe('2');
    expect(parts(second)?.[0]).toBeCloseTo(0.25, 1);
    expect(await second.page.getAttribute('html', 'data-theme')).toBe('light');
    expect(second.faults).toEqual([]);
    await second.close();
  });

  it('is not misled by an address that makes no sense', async () => {
    const open = await pages.open(html, { hash: '#pool=77&task=999&worker=-3&range=9-1&theme=<b>' });
    expect(await open.drawAll()).toHaveLength(20);
    expect(open.faults).toEqual([]);
    await open.close();
  });

  it('sees one task name, or one worker, alone', async () => {
    const open = await pages.open(html);
    await open.drawAll();
    const all = await open.picture('#stream');
    await open.show('stream');
    await open.page.locator('#stream .legend button').nth(1).click();
    await open.drawn();
    expect(await open.picture('#stream')).not.toBe(all);
    for (const id of ['tasks', 'slowest']) {
      await open.show(id);
      await open.drawn();
      const names = await open.page.locator(`#${id} .body > .scroll tbody td:first-child`).allInnerTexts();
      expect(new Set(names)).toEqual(new Set(['thumb nail <b>']));
    }
    await open.page.getByLabel('Task name', { exact: true }).selectOption('-1');
    await open.page.getByLabel('Worker', { exact: true }).selectOption('3');
    await open.show('workers');
    await open.drawn();
    expect(await open.page.locator('#workers .body > .scroll tbody tr').count()).toBe(1);
    await open.show('stream');
    await open.drawn();
    expect((await open.page.locator('#stream canvas').boundingBox())?.height).toBeLessThan(80);
    expect(open.faults).toEqual([]);
    await open.close();
  });

  it('sorts a table by a column', async () => {
    const open = await pages.open(html);
    await open.show('slowest');
    const latency = async () => open.page.locator('#slowest tbody td:nth-child(6)').allInnerTexts();
    await open.page.locator('#slowest th button', { hasText: 'latency' }).click();
    const down = (await latency()).map(Number.parseFloat);
    expect(down).toEqual([...down].sort((a, b) => b - a));
    await open.page.locator('#slowest th button', { hasText: 'latency' }).click();
    expect((await latency()).map(Number.parseFloat)).toEqual([...down].reverse());
    expect(await open.page.getAttribute('#slowest th[aria-sort]', 'aria-sort')).toBe('ascending');
    await open.close();
  });

  it('zooms into a flame, and out again', async () => {
    const open = await pages.open(html);
    await open.show('flame');
    await open.drawn();
    const whole = await open.picture('#flame');
    const canvas = open.page.locator('#flame canvas');
    await canvas.click({ position: { x: 40, y: 60 } });
    expect(await open.picture('#flame')).not.toBe(whole);
    await canvas.press('Escape');
    expect(await open.picture('#flame')).toBe(whole);
    await open.page.getByLabel('Label', { exact: true }).selectOption({ label: 'resize › scale' });
    expect(await open.picture('#flame')).not.toBe(whole);
    await open.page.getByLabel('Thread', { exact: true }).selectOption({ label: 'main thread of the program' });
    expect(await open.page.getByLabel('Label', { exact: true }).isDisabled()).toBe(true);
    expect(open.faults).toEqual([]);
    await open.close();
  });

  it('reaches everything by the keys that the help names', async () => {
    const open = await pages.open(html);
    await open.drawAll();
    await open.page.evaluate('scrollTo(0, 0)');
    const press = async (key: string) => {
      await open.page.keyboard.press(key);
      await open.drawn();
    };
    const length = () => ((open.range?.[1] ?? endMs) - (open.range?.[0] ?? 0)) / endMs;
    const does: Record<string, () => Promise<void>> = {
      '?': async () => {
        expect(await open.page.locator('dialog').isVisible()).toBe(true);
        for (const [, what] of KEYS) expect(await open.text('dialog')).toContain(what);
      },
      Escape: async () => expect(await open.page.locator('dialog').isVisible()).toBe(false),
      j: async () => expect(await open.page.evaluate('document.activeElement.id')).toBe('capacity'),
      k: async () => expect(await open.page.evaluate('document.activeElement.id')).toBe('verdict'),
      '+': async () => expect(length()).toBeCloseTo(0.5, 1),
      ArrowLeft: async () => expect((open.range?.[0] ?? 0) / endMs).toBeCloseTo(0.125, 1),
      ArrowRight: async () => expect((open.range?.[0] ?? 0) / endMs).toBeCloseTo(0.25, 1),
      '-': async () => expect(length()).toBeCloseTo(1, 1),
      '0': async () => expect(open.range).toBeUndefined(),
      n: async () => expect(open.hash).toContain('task=0'),
      w: async () => expect(open.hash).toContain('worker=1'),
      a: async () => expect(open.hash).not.toMatch(/task|worker/),
      t: async () => expect(await open.page.getAttribute('html', 'data-theme')).toBe('light'),
    };
    expect(Object.keys(does).sort()).toEqual(KEYS.map(([key]) => key).sort());
    for (const [key, holds] of Object.entries(does)) {
      await press(key);
      await holds();
    }
    // A key in a list chooses from the list.
    await open.page.getByLabel('Worker', { exact: true }).focus();
    await press('n');
    expect(open.hash).not.toContain('task');
    expect(open.faults).toEqual([]);
    await open.close();
  });

  it('has light and dark colours, as the system says or as chosen', async () => {
    const ground = (open: OpenPage) =>
      open.page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    const dark = await pages.open(html, { colorScheme: 'dark' });
    const light = await pages.open(html, { colorScheme: 'light' });
    await Promise.all([dark.show('stream'), light.show('stream')]);
    const [darkGround, lightGround] = [await ground(dark), await ground(light)];
    expect(darkGround).not.toBe(lightGround);
    expect(await dark.picture('#stream')).not.toBe(await light.picture('#stream'));
    await dark.page.getByText('colours: as the system').click();
    await dark.drawn();
    expect(await ground(dark)).toBe(lightGround);
    expect(await dark.picture('#stream')).toBe(await light.picture('#stream'));
    await dark.page.getByText('colours: light').click();
    expect(await ground(dark)).toBe(darkGround);
    await light.page.emulateMedia({ colorScheme: 'dark' });
    await light.drawn();
    expect(await light.picture('#stream')).toBe(await dark.picture('#stream'));
    await Promise.all([dark.close(), light.close()]);
  });

  it('prints all views in light colours, with their tables open', async () => {
    const open = await pages.open(html, { colorScheme: 'dark' });
    await open.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await open.page.locator('section.view[data-drawn]').nth(19).waitFor({ state: 'attached' });
    await open.drawn();
    expect(await open.page.locator('nav').isVisible()).toBe(false);
    expect(await open.page.locator('#capacity details table').isVisible()).toBe(true);
    expect(await open.page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(
      'rgb(255, 255, 255)',
    );
    expect(await open.blankCanvases()).toEqual([]);
    const pdf = await open.page.pdf();
    expect(pdf.length).toBeGreaterThan(50_000);
    await open.page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
    await open.drawn();
    expect(await open.page.locator('#capacity details table').isVisible()).toBe(false);
    expect(open.faults).toEqual([]);
    await open.close();
  }, 120_000);

  it('sees one pool at a time, and begins anew with another', async () => {
    const other = richReport({ tasks: 50, workers: 2, seed: 3 });
    const [first, second] = [report.pools[0], other.pools[0]];
    if (first === undefined || second === undefined) throw new Error('A sample has no pool.');
    const open = await pages.open(toHtml({ ...report, pools: [first, { ...second, name: 'thumbs' }] }));
    await open.drawAll();
    await open.page.getByLabel('Worker', { exact: true }).selectOption('4');
    await open.show('stream');
    const before = await open.picture('#stream');
    await open.page.getByLabel('Pool', { exact: true }).selectOption({ label: 'pool thumbs' });
    await open.drawn();
    expect(open.hash).toBe('#pool=1');
    expect(await open.picture('#stream')).not.toBe(before);
    expect(await open.text('#verdict dd >> nth=1')).toBe('50');
    expect(await open.drawAll()).toHaveLength(20);
    expect(await open.blankCanvases()).toEqual([]);
    expect(open.faults).toEqual([]);
    await open.close();
  });

  it('sees a second run beside the first', async () => {
    const open = await pages.open(html);
    await open.show('compare');
    expect(await open.text('#compare')).toMatch(/latency mean/);
    expect(await open.page.locator('#compare tbody tr').count()).toBe(compare(report, other).metrics.length);
    await open.close();
  });

  it('sees verdict, capacity and latency without scripts', async () => {
    const open = await pages.open(html, { scripts: false });
    expect(await open.text('.static .step')).toContain('buildManifest');
    for (const picture of ['svg.bar', 'svg.waterfall']) {
      const box = await open.page.locator(`.static ${picture}`).first().boundingBox();
      expect(box?.width).toBeGreaterThan(600);
    }
    expect(open.faults).toEqual([]);
    await open.close();
  });

  it('is safe from names: no markup, no script, no turned line', async () => {
    const open = await pages.open(toHtml(hostileReport(), { compare: hostileReport() }));
    await open.drawAll();
    await open.page
      .locator('summary')
      .evaluateAll((all) => all.forEach((each) => (each as { click(): void }).click?.call(each)));
    expect(await open.page.evaluate('globalThis.pwned')).toBeUndefined();
    expect(await open.page.locator('img').count()).toBe(0);
    const text = await open.page.evaluate<string>('document.body.innerText');
    expect(text).toContain('onerror=');
    expect(text).not.toMatch(/[\u202e\u2066\u0007]/);
    expect(open.faults).toEqual([]);
    // Even a script that got into the page would not run.
    await open.page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'globalThis.pwned = 1' }))`,
    );
    expect(await open.page.evaluate('globalThis.pwned')).toBeUndefined();
    expect(open.faults.join()).toContain('Content Security Policy');
    await open.close();
  });
});
