// What must hold whatever the number of tasks: a page opens, draws every view, says nothing and asks for nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHtml } from '../../src/html/to-html.js';
import type { ReportData } from '../../src/model/report-data.js';
import { richReport } from '../support/page-report.js';
import { sampleReport } from '../support/sample-report.js';
import { browserPath, Pages } from './support/chromium.js';

const VIEWS = [
  ...['verdict', 'capacity', 'stream', 'findings', 'waterfall', 'charts', 'heatmap', 'tasks', 'workers', 'sections'],
  ...['flame', 'io', 'memory', 'bytes', 'scaling', 'tail', 'slowest', 'policies', 'compare', 'quality'],
];

describe.skipIf(browserPath === undefined)('a page', () => {
  const pages = new Pages();
  beforeAll(() => pages.start());
  afterAll(() => pages.stop());

  const opens = async (report: ReportData, most: number): Promise<number> => {
    const html = toHtml(report);
    expect(html.length).toBeLessThanOrEqual(most);
    const open = await pages.open(html);
    expect(await open.page.getAttribute('html', 'data-state')).toBe('ready');
    expect(await open.drawAll()).toEqual(VIEWS);
    expect(await open.blankCanvases()).toEqual([]);
    expect(await open.page.locator('canvas').count()).toBeGreaterThan(0);
    expect(open.faults).toEqual([]);
    console.log(
      `${report.pools[0]?.tasks ?? 0} tasks: ${html.length} characters, drawn after ${Math.round(await open.openMs)} ms`,
    );
    const ms = await open.openMs;
    await open.close();
    return ms;
  };

  it('of a run without a task says so in every view', async () => {
    const html = toHtml(sampleReport({ tasks: 0 }));
    const open = await pages.open(html);
    expect(await open.drawAll()).toEqual(VIEWS);
    for (const id of ['capacity', 'stream', 'waterfall', 'charts', 'tasks', 'workers'])
      expect(await open.text(`#${id} .body`)).toMatch(/no pool|no task/);
    expect(await open.text('#verdict')).toContain('Nothing is worth changing.');
    expect(open.faults).toEqual([]);
    await open.close();
  });

  it('of one task draws every view', () => opens(sampleReport({ tasks: 1 }), 400_000));

  it(
    'of 100,000 tasks draws every view, and is at most 1.5 MB',
    () => opens(richReport({ tasks: 100_000, workers: 8 }), 1_500_000),
    180_000,
  );

  it('of 1,000,000 tasks draws every view from a sample, and says so', async () => {
    const report = richReport({ tasks: 1_000_000, keep: 100_000, workers: 8 });
    await opens(report, 1_500_000);
    const open = await pages.open(toHtml(report));
    await open.show('stream');
    expect((await open.text('#stream')).replace(/\s/g, ' ')).toContain('A sample: 100 000 of 1 000 000 tries');
    await open.show('tasks');
    const tries = report.pools[0]?.byTask[0]?.tries ?? 0;
    expect((await open.text('#tasks')).replace(/\s/g, '')).toContain(String(tries));
    await open.close();
  }, 300_000);

  it('of 128 workers gives each a lane that can be told from its neighbours', async () => {
    const open = await pages.open(toHtml(richReport({ tasks: 20_000, workers: 128 })));
    await open.show('stream');
    const box = await open.page.locator('#stream canvas').boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(128 * 7);
    expect(box?.height).toBeLessThan(1200);
    expect(await open.blankCanvases()).toEqual([]);
    expect(open.faults).toEqual([]);
    await open.close();
  }, 120_000);

  it('without any field that may be missing still shows every view', async () => {
    const report = richReport({ tasks: 300 });
    const [pool] = report.pools;
    if (pool === undefined) throw new Error('The sample has no pool.');
    delete pool.spans;
    delete pool.cpu;
    delete pool.heap;
    delete pool.scaling;
    delete report.parent.cpu;
    delete report.parent.heap;
    Object.assign(pool, {
      sections: [],
      io: [],
      resources: [],
      cache: [],
      batches: [],
      deaths: [],
      sizing: [],
      heatmaps: [],
      marks: [],
      slowest: [],
    });
    for (const key of Object.keys(pool.curves) as (keyof typeof pool.curves)[]) {
      const column = pool.curves[key];
      if (/Loop|Delay|Gc|Bytes$/.test(key) && Array.isArray(column)) column.fill(null as never);
    }
    for (const worker of pool.workers)
      Object.assign(worker, {
        bootMs: null,
        relativeTime: null,
        heapPeakBytes: null,
        heapLimitBytes: null,
        rssPeakBytes: null,
        cpuMs: null,
        heapFloor: null,
      });
    for (const task of pool.byTask) Object.assign(task, { messageFit: null, errors: [] });
    Object.assign(report, { findings: [], notes: [], muted: [], bottlenecks: [] });
    Object.assign(report.run, { level: 'stats', memoryBytes: null, otherCores: null });
    Object.assign(report.quality, { littleError: null });
    Object.assign(report.parent, { sections: [], open: [] });
    const open = await pages.open(toHtml(report));
    expect(await open.drawAll()).toEqual(VIEWS);
    expect(await open.text('#stream')).toContain('The levels "trace" and "cpu" keep them.');
    expect(await open.text('#flame')).toContain('no CPU profile');
    expect(await open.blankCanvases()).toEqual([]);
    expect(open.faults).toEqual([]);
    await open.close();
  });
});
