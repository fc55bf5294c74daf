import { describe, expect, it } from 'vitest';
import { ask, served, sourceOf } from './http.js';
import { SaidPool, statsOf } from './live-pool-stats.js';

describe('probes', () => {
  it('are good for a pool that works', async () => {
    const { url } = await served();
    expect(JSON.parse((await ask(`${url}healthz`)).text)).toEqual({
      ok: true,
      pools: [{ name: 'resize', status: 'ok', why: [] }],
    });
    expect((await ask(`${url}readyz`)).status).toBe(200);
  });

  it('say that a full pool should get no more, and that the program should go on', async () => {
    const pool = new SaidPool();
    pool.healthSaid = {
      status: 'degraded',
      checks: [
        { name: 'queueLength', ok: false, value: 900, limit: 800, since: 0 },
        { name: 'errorRate', ok: false, value: 0.9, limit: 0.5, since: 0 },
      ],
    };
    const { url } = await served(sourceOf([pool]));
    const ready = await ask(`${url}readyz`);
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text)).toMatchObject({ pools: [{ why: ['queueLength is 900, and the limit is 800'] }] });
    expect((await ask(`${url}healthz`)).status).toBe(200);
  });

  it('say that a pool whose first workers start is not ready', async () => {
    const workers = { wanted: 2, starting: 2, idle: 0, busy: 0, draining: 0, spare: 0 };
    const { url } = await served(sourceOf([new SaidPool({ workers })]));
    const ready = await ask(`${url}readyz`);
    expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('no worker is ready yet')]);
  });

  it('say that a failed pool needs a new program', async () => {
    const { url } = await served(sourceOf([new SaidPool(), new SaidPool({ state: 'failed' })]));
    expect((await ask(`${url}healthz`)).status).toBe(503);
    expect((await ask(`${url}readyz`)).status).toBe(503);
  });
});

describe('metrics', () => {
  it('are in the text format of Prometheus, one series once', async () => {
    const { byTask } = statsOf();
    const odd = { 'a"b\\c\nd': byTask['resize'] } as typeof byTask;
    const { url } = await served(sourceOf([new SaidPool(), new SaidPool({ byTask: odd })]));
    const { text, headers } = await ask(`${url}metrics`);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('millpond_live_pool_tasks_total{pool="resize",outcome="completed"} 19\n');
    expect(text).toContain('millpond_live_task_failed_total{pool="resize (2)",task="a\\"b\\\\c\\nd"} 1\n');
    const lines = text.trimEnd().split('\n');
    const form =
      /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? (?:[\d.e+-]+|NaN))$/;
    expect(lines.filter((line) => !form.test(line))).toEqual([]);
    const series = lines.filter((line) => !line.startsWith('#')).map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(new Set(series).size).toBe(series.length);
  });
});
