import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DeathReport, isPoolError, Pool, type PoolOptions, type RunOptions } from '@millpond/core';
import { expect, it } from 'vitest';
import { type Concurrency, type FaultRow, type Kind, record } from './record.js';
import { allowsMore, readStarts, type Start, startedAgain, STARTS } from './starts.js';
import { holdings, MARK, marked, surplus, until } from './system.js';

export interface Fault extends FaultRow {
  /** Why there is nothing to run for a kind or a concurrency. */
  not?: Partial<Record<Kind | Concurrency, string>>;
  /** When it is given up; 45 s unless said otherwise. */
  withinMs?: number;
}

const KINDS: readonly Kind[] = ['process', 'thread'];
const CONCURRENCIES: readonly Concurrency[] = [1, 4];

/**
 * One row of the fault matrix, as a test for every kind and concurrency it applies to. The body injects the fault,
 * expects what is promised, and says what it saw. Afterwards the lab checks what must hold after every fault.
 */
export function fault(what: Fault, body: (lab: Lab) => Promise<string>): void {
  for (const kind of KINDS) {
    for (const concurrency of CONCURRENCIES) {
      const { not = {}, withinMs = TEST_MS, ...row } = what;
      const reason = not[kind] ?? not[concurrency];
      if (reason !== undefined) {
        record({ ...row, kind, concurrency, seen: reason, outcome: 'not' });
        continue;
      }
      const options = { timeout: withinMs + LAB_MS };
      it(`${what.row} ${what.fault} (${kind}, ${concurrency} at once)`, options, async () => {
        const lab = await Lab.open(kind, concurrency);
        try {
          const seen = await within('the test', body(lab), withinMs);
          await lab.close();
          record({ ...row, kind, concurrency, seen, outcome: 'ok' });
        } catch (error) {
          record({ ...row, kind, concurrency, seen: firstLine(error), outcome: 'failed' });
          await lab.abandon();
          throw error;
        }
      });
    }
  }
}

/** A row about something this version does not have. It is in the table, so that no reader looks for it in vain. */
export function later(row: Omit<FaultRow, 'expected'>, reason: string): void {
  for (const kind of KINDS) {
    for (const concurrency of CONCURRENCIES) {
      record({ ...row, expected: 'later', kind, concurrency, seen: reason, outcome: 'not' });
    }
  }
}

/** Absolute path of a worker module or script in fixtures/. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** The error a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const value = await promise.catch((error: unknown) => ({ error }));
  if (typeof value === 'object' && value !== null && 'error' in value) return value.error as Error;
  throw new Error(`Resolved, to ${String(value)}.`);
}

/** Code and death of a crash error, checked to be there. */
export function deathOf(error: Error): { code: string; death: DeathReport } {
  if (!isPoolError(error)) throw new Error(`Not a PoolError: ${error.stack}`);
  const { death } = error.details as { death?: DeathReport };
  if (death === undefined) throw new Error(`No death report: ${error.stack}`);
  return { code: error.code, death };
}

/** "ERR_WORKER_CRASHED, exit code 3": what the table shows of a crash error. */
export function shown(error: Error): string {
  if (!isPoolError(error)) return `${error.name}: ${error.message}`;
  const { death } = error.details as { death?: DeathReport };
  if (death === undefined) return error.code;
  return `${error.code}, ${death.signal === null ? `exit code ${death.exitCode}` : death.signal}`;
}

interface Watched {
  pool: Pool;
  submitted: number;
  settled: number;
  errors: Error[];
  /** Where its workers note the calls of handlers. */
  starts: string;
  /** Whether any of its tasks may run again. */
  mayRunAgain: boolean;
  deaths: (DeathReport & { expected: boolean })[];
}

/** A promise that never settles must not cost the run a minute. */
const TEST_MS = 45_000;
/** For what is opened before and closed after. */
const LAB_MS = 15_000;

const warmedUp = new Set<Kind>();

/** Where one test injects its fault: its pools, its folder, and what was open before. */
export class Lab {
  readonly kind: Kind;
  readonly concurrency: Concurrency;
  /** Value of MARK in all the processes of this test. */
  readonly mark = randomUUID();
  readonly #folder = mkdtempSync(join(tmpdir(), 'millpond-faults-'));
  readonly #before = holdings();
  readonly #pools: Watched[] = [];
  /** Kinds of handles that Node itself leaves behind here. */
  readonly leftByNode = new Set<string>();

  static async open(kind: Kind, concurrency: Concurrency): Promise<Lab> {
    // What Node and the pool open once and keep, and the search for setpriv, are no part of any fault.
    if (!warmedUp.has(kind)) {
      warmedUp.add(kind);
      const pool = new Pool(fixture('ping.mjs'), { kind, workers: 1, stdio: 'ignore' });
      await pool.run('ping', 0);
      await pool.close();
    }
    return new Lab(kind, concurrency);
  }

  private constructor(kind: Kind, concurrency: Concurrency) {
    this.kind = kind;
    this.concurrency = concurrency;
  }

  get isProcess(): boolean {
    return this.kind === 'process';
  }

  /** A path in a folder that goes with the test. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** The environment of everything this test starts. */
  get env(): Record<string, string> {
    const own = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { ...Object.fromEntries(own), [MARK]: this.mark };
  }

  /** A pool of two workers over a fixture, whose calls are counted. */
  pool(worker: string, options: PoolOptions = {}): Pool {
    const starts = this.path(`starts-${this.#pools.length}`);
    const pool = new Pool(fixture(worker), {
      kind: this.kind,
      concurrency: this.concurrency,
      workers: 2,
      stdio: 'ignore',
      ...options,
      env: { ...this.env, ...(options.env as object), [STARTS]: starts },
    });
    const mayRunAgain = allowsMore(options);
    const watched: Watched = { pool, submitted: 0, settled: 0, errors: [], deaths: [], starts, mayRunAgain };
    this.#pools.push(watched);
    const run = pool.run.bind(pool);
    pool.run = (name: string, ...args: [input?: unknown, options?: RunOptions]) => {
      const promise = run(name, ...args);
      watched.submitted++;
      watched.mayRunAgain ||= allowsMore(args[1] ?? {});
      promise.then(
        () => watched.settled++,
        (error: Error) => {
          watched.settled++;
          watched.errors.push(error);
        },
      );
      return promise;
    };
    pool.on('worker:exited', (death) => watched.deaths.push(death));
    return pool;
  }

  /** Deaths of this pool's workers so far. */
  deaths(pool: Pool): readonly (DeathReport & { expected: boolean })[] {
    return this.#of(pool).deaths;
  }

  /** The calls of this pool's handlers so far, of fixtures that note them. */
  starts(pool: Pool): Start[] {
    return readStarts(this.#of(pool).starts);
  }

  /** Waits until this many workers of a pool have exited, and returns the last. */
  async death(pool: Pool, count = 1): Promise<DeathReport & { expected: boolean }> {
    const { deaths } = this.#of(pool);
    await until(`${count} deaths`, () => deaths.length >= count, { shown: () => JSON.stringify(pool.stats()) });
    return deaths[count - 1] as DeathReport & { expected: boolean };
  }

  /** Runs a task and waits for the first thing it says through ctx.progress. */
  async started<T = { pid: number }>(
    pool: Pool,
    name: string,
    input?: unknown,
    options: RunOptions = {},
  ): Promise<{ said: T; result: Promise<unknown> }> {
    let result!: Promise<unknown>;
    const said = await new Promise<T>((resolve, reject) => {
      result = pool.run(name, input, { ...options, onProgress: (value) => resolve(value as T) });
      result.then(() => reject(new Error('It ended without a word.')), reject);
    });
    return { said, result };
  }

  /** What must hold after every fault. */
  async close(): Promise<void> {
    for (const watched of this.#pools) {
      await this.#checkAnswers(watched);
      // Row 35c closes pools whose workers still start; elsewhere that would only blur what is looked at.
      if (watched.pool.stats().state === 'open') await within('ready()', watched.pool.ready());
      await within('close()', watched.pool.close());
      this.#checkCounts(watched);
      expect(startedAgain(readStarts(watched.starts), watched.mayRunAgain), 'started again').toEqual([]);
    }
    await this.#checkNothingIsLeft();
    rmSync(this.#folder, { recursive: true });
  }

  /** After a failure: as little as possible stays behind. */
  async abandon(): Promise<void> {
    for (const { pool } of this.#pools) await within('destroy()', pool.destroy()).catch(() => {});
    for (const pid of marked(this.mark)) process.kill(pid, 'SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #of(pool: Pool): Watched {
    const watched = this.#pools.find((each) => each.pool === pool);
    if (watched === undefined) throw new Error('Not a pool of this lab.');
    return watched;
  }

  /** The pool answers a fresh task, or says that it has failed or is closed. */
  async #checkAnswers({ pool }: Watched): Promise<void> {
    const { state } = pool.stats();
    if (state === 'open') {
      expect(await within('a fresh task', pool.run('ping', 'fresh'))).toBe('fresh');
    } else {
      const code = state === 'failed' ? /ERR_POOL_FAILED/ : /ERR_POOL_(CLOSED|FAILED)/;
      expect((await rejection(pool.run('ping', 'fresh'))) as { code?: string }).toMatchObject({
        code: expect.stringMatching(code) as string,
      });
    }
    await within('idle()', pool.idle());
  }

  /** Every promise has settled once, by the test's own count and by the pool's. */
  #checkCounts({ pool, submitted, settled, errors }: Watched): void {
    expect(settled, 'settled promises').toBe(submitted);
    const { tasks } = pool.stats();
    expect(tasks.completed + tasks.failed + tasks.cancelled, 'ended tasks').toBe(tasks.submitted);
    expect([tasks.queued, tasks.dispatched], 'queued and dispatched').toEqual([0, 0]);
    for (const error of errors) checkError(error);
  }

  async #checkNothingIsLeft(): Promise<void> {
    await until('no process of this test lives', () => marked(this.mark).length === 0, {
      shown: () => String(marked(this.mark)),
    });
    const left = (): string => surplus(this.#before, holdings(), this.leftByNode);
    await until('all is as it was before', () => left() === '', { withinMs: 5000, shown: left });
  }
}

/** An error says what it promises to say. */
function checkError(error: Error): void {
  expect(error).toBeInstanceOf(Error);
  if (!isPoolError(error)) return;
  const { death } = error.details as { death?: DeathReport };
  if (death === undefined) return;
  expect(death.workerId).toBeGreaterThan(0);
  expect(death.exitCode === null).not.toBe(death.signal === null);
  expect(death.uptimeMs).toBeGreaterThan(0);
  expect(death.pid ?? death.threadId).toBeGreaterThan(0);
  expect(typeof death.stderrTail).toBe('string');
}

/** Fails when a promise takes so long that it must be stuck. */
export async function within<T>(what: string, promise: Promise<T>, ms = 10_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${ms} ms: ${what}.`)), ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split('\n', 1)[0] ?? '';
}
