import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

/** Where systems put a browser that Playwright can drive. The first one is for those who have it elsewhere. */
const PLACES = [
  process.env['CHROMIUM_PATH'],
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable', '/usr/bin/google-chrome'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Undefined if there is none: tests then skip, and say so. */
export const browserPath = PLACES.find((path) => path !== undefined && existsSync(path));
if (browserPath === undefined)
  console.log('SKIPPED: no Chromium is installed, so no report was opened. On Debian: apt-get install chromium');

/** One browser for a file of tests, with a folder for its pages. */
export class Pages {
  #browser: Browser | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'millpond-html-'));
  #files = 0;

  async start(): Promise<void> {
    // Containers let root start no sandbox, and have little shared memory. Only files of these tests are opened.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    this.#browser = await chromium.launch({ executablePath: browserPath as string, args });
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Opens a page from disk, and waits until it says that it is ready. */
  async open(html: string, options: OpenOptions = {}): Promise<OpenPage> {
    const file = join(this.#folder, `${++this.#files}.html`);
    writeFileSync(file, html);
    const context = await (this.#browser as Browser).newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: options.colorScheme ?? 'light',
      javaScriptEnabled: options.scripts ?? true,
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => faults.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(String(error.stack)));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) faults.push(`request: ${request.url()}`);
    });
    // Found before anything of the page runs: how long it takes from the start of the navigation until it is drawn.
    await page.addInitScript(`
      new MutationObserver((_, observer) => {
        if (document.documentElement?.dataset.state === undefined) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => (globalThis.openMs = performance.now())));
      }).observe(document, { attributes: true, subtree: true, attributeFilter: ['data-state'] });
    `);
    await page.goto(pathToFileURL(file).href + (options.hash ?? ''));
    if (options.scripts ?? true)
      await page.waitForFunction(() => (globalThis as { openMs?: number }).openMs !== undefined);
    return new OpenPage(page, faults);
  }
}

/** Reads a canvas by way of another one. Reading it itself would change how the browser keeps it. */
const PIXELS = `
  const pixels = (canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return copy.getImageData(0, 0, canvas.width, canvas.height).data;
  };`;

export interface OpenOptions {
  colorScheme?: 'light' | 'dark';
  scripts?: boolean;
  hash?: string;
}

/** A page with the questions that tests ask. */
export class OpenPage {
  readonly page: Page;
  /** Everything that a silent, offline page does not do. */
  readonly faults: string[];

  constructor(page: Page, faults: string[]) {
    this.page = page;
    this.faults = faults;
  }

  get openMs(): Promise<number> {
    return this.page.evaluate<number>('globalThis.openMs');
  }

  get hash(): string {
    return new URL(this.page.url()).hash;
  }

  text(selector: string): Promise<string> {
    return this.page.locator(selector).first().innerText();
  }

  /** Scrolls to each view and waits until it is drawn. */
  async drawAll(): Promise<string[]> {
    const ids = await this.page.evaluate<string[]>(
      `Array.from(document.querySelectorAll('section.view'), ({ id }) => id)`,
    );
    for (const id of ids) await this.show(id);
    return ids;
  }

  async show(id: string): Promise<void> {
    // Views above it may grow when they are drawn, and push it out of sight again.
    const scrolled = async (): Promise<number> => {
      await this.page.evaluate(`document.getElementById('${id}').scrollIntoView()`);
      return this.page.locator(`#${id}[data-drawn]`).count();
    };
    await expect.poll(scrolled).toBe(1);
  }

  /** Labels of canvases on which nothing is drawn. */
  blankCanvases(): Promise<string[]> {
    return this.page.evaluate<string[]>(`
      ${PIXELS}
      Array.from(document.querySelectorAll('canvas'), (canvas) => {
        const data = pixels(canvas);
        let drawn = 0;
        for (let i = 3; i < data.length; i += 4) if (data[i] > 0) drawn++;
        return drawn > 20 ? '' : canvas.getAttribute('aria-label') ?? canvas.closest('section')?.id ?? 'a canvas';
      }).filter((label) => label !== '')`);
  }

  /** What a canvas shows, as a short text: equal pictures have equal ones. */
  picture(selector: string): Promise<string> {
    return this.page.evaluate<string>(`
      (() => {
        const canvas = document.querySelector(${JSON.stringify(`${selector} canvas`)});
        ${PIXELS}
        const data = pixels(canvas);
        let hash = 0;
        for (let i = 0; i < data.length; i++) hash = (Math.imul(hash, 31) + data[i]) | 0;
        return canvas.width + 'x' + canvas.height + ':' + hash;
      })()`);
  }

  /** Drags along a picture, from one part of its width to another. */
  async drag(selector: string, from: number, to: number): Promise<void> {
    const target = this.page.locator(selector).first();
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    if (box === null) throw new Error(`${selector} has no place in the page.`);
    const y = box.y + Math.min(box.height / 2, 60);
    await this.page.mouse.move(box.x + box.width * from, y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + box.width * ((from + to) / 2), y);
    await this.page.mouse.move(box.x + box.width * to, y);
    await this.page.mouse.up();
  }

  /** Two frames: what a change asked for is drawn. */
  async drawn(): Promise<void> {
    await this.page.evaluate(`new Promise((done, fail) => {
      requestAnimationFrame(() => requestAnimationFrame(done));
      setTimeout(() => fail(new Error('The browser drew no frame for 20 s.')), 20_000);
    })`);
  }

  /** The range in the address, ms; undefined for the whole run. */
  get range(): readonly number[] | undefined {
    const text = new URLSearchParams(this.hash.slice(1)).get('range');
    return text?.split('-').map(Number);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
