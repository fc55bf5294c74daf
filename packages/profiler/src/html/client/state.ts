/** What the reader has chosen. It stands in the address, so that a reload or a link shows the same. */
export interface State {
  pool: number;
  /** Index in the names of the pool; −1 for all. */
  task: number;
  /** 0 for all. */
  worker: number;
  /** Range of the time axis, ms; null for the whole run. */
  range: readonly [from: number, to: number] | null;
  theme: 'auto' | 'light' | 'dark';
}

const START: State = { pool: 0, task: -1, worker: 0, range: null, theme: 'auto' };

type Listener = (state: State, before: State) => void;

/** The one state of the page, and those who look at it. */
export class Store {
  #state: State;
  readonly #listeners: Listener[] = [];

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  /** Changes parts of it. Another pool has other names and other times, so the rest begins anew. */
  set(change: Partial<State>): void {
    const before = this.#state;
    const isOtherPool = change.pool !== undefined && change.pool !== before.pool;
    const base = isOtherPool ? { ...START, theme: before.theme } : before;
    this.#state = { ...base, ...change };
    if (toHash(this.#state) === toHash(before)) return;
    for (const listener of this.#listeners) listener(this.#state, before);
  }

  subscribe(listener: Listener): void {
    this.#listeners.push(listener);
  }
}

/** The state as the part of an address behind `#`; what is as at the start is left out. */
export function toHash({ pool, task, worker, range, theme }: State): string {
  const parts = new URLSearchParams();
  if (pool !== START.pool) parts.set('pool', String(pool));
  if (task !== START.task) parts.set('task', String(task));
  if (worker !== START.worker) parts.set('worker', String(worker));
  if (range !== null) parts.set('range', range.map((at) => Math.round(at * 1000) / 1000).join('-'));
  if (theme !== START.theme) parts.set('theme', theme);
  return parts.toString();
}

/** The state of an address. What is no number, or out of its bounds, counts as not there. */
export function fromHash(hash: string, pools: number): State {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const whole = (name: string, least: number, otherwise: number) => {
    const value = Number(parts.get(name) ?? NaN);
    return Number.isInteger(value) && value >= least ? value : otherwise;
  };
  const [from, to] = (parts.get('range') ?? '').split('-').map(Number);
  const theme = parts.get('theme');
  const pool = whole('pool', 0, START.pool);
  return {
    pool: pool < pools ? pool : 0,
    task: whole('task', 0, START.task),
    worker: whole('worker', 1, START.worker),
    range: from !== undefined && to !== undefined && to > from && from >= 0 ? [from, to] : null,
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
  };
}
