import type { LivePool, LiveTask, TryBlock } from '../live-state.js';
import { type Cell, element, LiveTable, setLines, setText } from './elements.js';
import { Strip } from './strip.js';
import { TaskStream } from './task-stream.js';
import { bytes, count, ms, rate, share } from './units.js';

/** One pool: its numbers, its task stream, its lists. */
export class PoolView {
  readonly root: HTMLElement;
  readonly #state = element('span', { class: 'badge' });
  readonly #numbers = element('dl', { class: 'numbers' });
  readonly #stream: TaskStream;
  readonly #strips = {
    queued: new Strip('Queued tasks', count, 'series-1'),
    busy: new Strip('Busy workers', count, 'series-0'),
    rate: new Strip('Tasks a second', rate, 'series-2'),
    memory: new Strip('Memory of workers', bytes, 'series-3'),
  };
  readonly #sizing = element('p');
  readonly #decisions = element('ol', { class: 'lines' });
  readonly #health = element('ul', { class: 'lines' });
  readonly #tasks = new LiveTable('Task names', ['task', '#completed', '#failed', '#p50', '#p99', '#wait p50']);
  readonly #workers = new LiveTable('Workers', [
    ...['worker', '#slot', 'state', '#running', '#sent', '#done', '#event loop', '#cores', '#memory', '#heap', '#age'],
  ]);
  readonly #cache = new LiveTable('Caches', ['task', '#hits', '#misses', '#hit rate']);
  readonly #batches = new LiveTable('Batches', [
    'task',
    '#batches',
    '#mean size',
    '#size now',
    '#filled',
    '#mean wait',
  ]);
  readonly #breakers = new LiveTable('Circuit breakers', ['task', 'state', '#not closed', '#opened', '#refused']);
  readonly #limits = new LiveTable('Waits for limits', ['task', '#tries', '#mean wait', '#p99']);
  readonly #more = element('p', { class: 'note' });

  constructor(pool: LivePool) {
    this.#stream = new TaskStream(pool.name);
    const strips = element('div', { class: 'strips' }, ...Object.values(this.#strips).map(({ root }) => root));
    const title = element('h2', {}, `Pool "${pool.name}" `, element('small', {}, pool.kind), ' ', this.#state);
    this.root = element(
      ...(['section', { 'aria-label': `Pool ${pool.name}` }, title, this.#numbers, this.#health] as const),
      ...[element('h3', {}, 'Task stream'), this.#stream.root, strips],
      ...[element('h3', {}, 'Size'), this.#sizing, this.#decisions],
      ...[this.#tasks, this.#workers, this.#cache, this.#batches, this.#breakers, this.#limits].map(({ root }) => root),
      this.#more,
    );
  }

  note(atMs: number, pool: LivePool, blocks: readonly TryBlock[], lost: number): void {
    this.#stream.add(blocks, lost, atMs);
    this.#strips.queued.add(atMs, pool.tasks.queued);
    this.#strips.busy.add(atMs, pool.counts.busy);
    this.#strips.rate.add(atMs, pool.perSecond);
    this.#strips.memory.add(
      atMs,
      pool.workers.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    );
  }

  draw(atMs: number, pool: LivePool): void {
    this.#stream.draw(atMs, pool.workers);
    for (const strip of Object.values(this.#strips)) strip.draw(atMs);
  }

  show(pool: LivePool): void {
    const status = pool.health?.status ?? 'ok';
    setText(this.#state, `${pool.paused ? 'paused' : pool.state} · ${status}`);
    this.#state.className = `badge ${status === 'ok' ? 'good' : status === 'degraded' ? 'warn' : 'bad'}`;
    this.#showNumbers(pool);
    setLines(
      this.#health,
      (pool.health?.checks ?? [])
        .filter(({ ok }) => !ok)
        .map(({ name, value, limit }) => `${name}: ${show(value)}, good is ${show(limit)}`),
    );
    const { workers, min, max, concurrency, reason } = pool.sizing;
    setText(
      this.#sizing,
      `Wanted workers: ${workers} (${min} to ${max}). Tasks at once in each: ${concurrency}. Reason: ${reason}`,
    );
    setLines(
      this.#decisions,
      [...pool.decisions]
        .reverse()
        .map((each) => `${ms(each.atMs)}: ${each.what} ${each.from} → ${each.to}, because ${each.reason}`),
    );
    this.#showTables(pool);
    const { tasks, workers: moreWorkers } = pool.more;
    setText(
      this.#more,
      [tasks > 0 ? `${tasks} more task names.` : '', moreWorkers > 0 ? `${moreWorkers} more workers.` : '']
        .join(' ')
        .trim(),
    );
  }

  #showNumbers({ tasks, perSecond, utilization, memory }: LivePool): void {
    const numbers: [string, string][] = [
      ['queued', count(tasks.queued)],
      ['running', count(tasks.running)],
      ['completed', count(tasks.completed)],
      ['failed', count(tasks.failed)],
      ['cancelled', count(tasks.cancelled)],
      ['retried', count(tasks.retried)],
      ['tasks', rate(perSecond)],
      ['utilization', share(utilization)],
      ['memory', memory === null ? '–' : `${bytes(memory.usedBytes)} of ${bytes(memory.limitBytes)}, ${memory.level}`],
    ];
    for (const [at, [name, value]] of numbers.entries()) {
      const item =
        this.#numbers.children[at] ??
        this.#numbers.appendChild(element('div', {}, element('dt', {}, name), element('dd')));
      if (item.lastElementChild !== null) setText(item.lastElementChild, value);
    }
  }

  #showTables({ byTask, workers, cache }: LivePool): void {
    this.#tasks.set(
      byTask.map((t) => [t.task, count(t.completed), bad(t.failed), ms(t.p50Ms), ms(t.p99Ms), ms(t.waitP50Ms)]),
    );
    this.#workers.set(
      workers.map((w): Cell[] => [
        ...[`worker ${w.id}`, String(w.slot), w.state, count(w.running), count(w.dispatched), count(w.tasksDone)],
        ...[share(w.elu), w.cpu.toFixed(2), bytes(w.rssBytes), bytes(w.heapBytes), ms(w.ageS * 1000)],
      ]),
    );
    const all: Cell[][] = cache === null ? [] : [['all', count(cache.hits), count(cache.misses), share(cache.hitRate)]];
    this.#cache.set([
      ...all,
      ...rowsOf(byTask, 'cache', ({ hits, misses, hitRate }) => [count(hits), count(misses), share(hitRate)]),
    ]);
    this.#batches.set(
      rowsOf(byTask, 'batch', (b) => [
        ...[count(b.batches), b.meanSize.toFixed(1), count(b.size), share(b.fillShare), ms(b.waitMs)],
      ]),
    );
    this.#breakers.set(
      rowsOf(byTask, 'breaker', (b) => {
        const state = b.state ?? `${b.keys} keys`;
        return [
          { text: state, class: b.notClosed > 0 ? 'bad' : '' },
          count(b.notClosed),
          count(b.opened),
          count(b.refused),
        ];
      }),
    );
    this.#limits.set(rowsOf(byTask, 'limit', (l) => [count(l.count), ms(l.meanMs), ms(l.p99Ms)]));
  }
}

function rowsOf<K extends 'cache' | 'batch' | 'breaker' | 'limit'>(
  tasks: readonly LiveTask[],
  key: K,
  cells: (value: NonNullable<LiveTask[K]>) => Cell[],
): Cell[][] {
  return tasks.flatMap((task) => {
    const value = task[key];
    return value === null ? [] : [[task.task, ...cells(value)]];
  });
}

function bad(value: number): Cell {
  return value === 0 ? '0' : { text: count(value), class: 'bad' };
}

function show(value: number | string): string {
  return typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : value;
}
