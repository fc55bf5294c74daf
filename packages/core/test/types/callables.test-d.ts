// Checked by tsc; never run. Every @ts-expect-error is an error that a user must get.
import {
  type BreakerHandle,
  coalesce,
  type Pool,
  type TaskFunction,
  type TaskOptions,
  wrap,
  type WrappedFunction,
  type WrapPolicies,
} from '@millpond/core';
import { expectTypeOf } from 'expect-type';
import type * as handlers from './typed-handlers.js';

declare const pool: Pool<typeof handlers>;
declare const untyped: Pool;

// A callable has the types of its task.
const area = pool.task('area', {
  cache: { ttlMs: 5, key: ({ width, height }) => `${width}×${height}` },
  debounce: { waitMs: 5, key: ({ width }) => width },
  retry: 2,
});
expectTypeOf(area).toEqualTypeOf<TaskFunction<{ width: number; height: number }, number>>();
expectTypeOf(area({ width: 1, height: 2 })).toEqualTypeOf<Promise<number>>();
expectTypeOf(area.with({ priority: 5 })({ width: 1, height: 2 }, { timeoutMs: 5 })).toEqualTypeOf<Promise<number>>();
expectTypeOf(pool.task('fetchPage')('x')).resolves.toEqualTypeOf<{ url: string; layers: number }>();
area.invalidate({ input: { width: 1, height: 2 } });
area.invalidate({ tag: 'a', match: /b/ });
area.invalidate();
// @ts-expect-error a property is missing
void area({ width: 1 });
// @ts-expect-error it takes an input
void area();
// @ts-expect-error a property of the input is missing
area.invalidate({ input: { width: 1 } });
// @ts-expect-error an option of the task, and not of a call
area.with({ debounce: { waitMs: 5 } });
// @ts-expect-error no such task
pool.task('volume');
// @ts-expect-error no such option
pool.task('area', { retries: 2 });
// @ts-expect-error no property of the input
pool.task('area', { throttle: { everyMs: 5, key: ({ depth }) => depth } });
// Functions of its policies get the input of the task.
const limited = pool.task('fetchPage', {
  breaker: { key: (url) => new URL(url).host, fallback: (_, url) => ({ url, layers: 0 }) },
  rateLimit: [
    { calls: 1, perMs: 5, key: (url) => url.trim() },
    { unit: 'characters', max: 5, perMs: 5, cost: (url) => url.length },
  ],
  concurrencyByKey: { key: (url) => url.slice(1), max: 1 },
});
expectTypeOf(limited.breaker('host')).toEqualTypeOf<BreakerHandle>();
expectTypeOf(limited.stats().task.completed).toBeNumber();
// @ts-expect-error a key is a string
pool.task('fetchPage', { breaker: { key: (url) => url.length } });
// @ts-expect-error no option of a call
limited.with({ breaker: false });
// The input may be left out where the handler takes none, or may do without.
void pool.task('now')();
void pool.task('greet')();
// @ts-expect-error it takes no input
void pool.task('now')(5);
// Without a type, any name and any input.
void untyped.task('anything', { cache: { key: (input) => String(input) } })({ at: 'all' });

// A wrapped function keeps its types, and its result is awaited.
const fetchPrice = wrap(async (sku: string, { signal }) => ({ sku, isGone: signal.aborted }), {
  cache: { ttlMs: 5, key: (sku) => sku.trim(), max: 10 },
  throttle: { everyMs: 5 },
  rateLimit: [
    { calls: 1, perMs: 5 },
    { unit: 'characters', max: 5, perMs: 5, cost: (sku) => sku.length },
  ],
  breaker: { consecutive: 5 },
});
expectTypeOf(fetchPrice).toEqualTypeOf<WrappedFunction<string, { sku: string; isGone: boolean }>>();
expectTypeOf(fetchPrice('a', { deadline: new Date() })).resolves.toEqualTypeOf<{ sku: string; isGone: boolean }>();
void wrap(() => 5)();
// @ts-expect-error not a string
void fetchPrice(5);
// @ts-expect-error it takes an input
void fetchPrice();
// @ts-expect-error an option of a pool's call
void fetchPrice('a', { priority: 5 });
// @ts-expect-error a limit needs its time
wrap((sku: string) => sku, { rateLimit: { calls: 5 } });

// The policies of a task are those of a function.
const policies = {
  retry: { attempts: 2, budget: 0.1 },
  timeoutMs: 5,
  idempotent: true,
  hedge: { after: 'p95' },
  breaker: { failureShare: 0.5, key: (url: string) => url, fallback: () => null },
  rateLimit: [
    { calls: 1, perMs: 5, key: (url: string) => url, when: 'reject' },
    { unit: 'characters', max: 5, perMs: 5, cost: (url: string) => url.length },
  ],
  concurrencyByKey: { key: (url: string) => url, max: 2 },
  debounce: { waitMs: 5, superseded: 'reject' },
  cache: { ttlMs: 5, staleIfErrorMs: 5 },
} satisfies TaskOptions<string> & WrapPolicies<string>;
pool.task('fetchPage', policies);
const both = wrap((url: string, { report }) => report({ characters: url.length }), policies);
expectTypeOf(both.breaker('a')).toEqualTypeOf<BreakerHandle>();
expectTypeOf(both.with({ retry: 1 }).on('breaker:open', ({ key }) => key)).toEqualTypeOf<typeof both>();
// @ts-expect-error a function waits in no queue
wrap((url: string) => url, { priority: 5 });
// @ts-expect-error a budget is that of all calls
both.with({ retry: { attempts: 1, budget: 0.5 } });
// @ts-expect-error no such event
both.on('breaker:opened', () => {});

// Values for a display.
const show = coalesce({ everyMs: 50, key: (file: { path: string }) => file.path }, (files) => {
  expectTypeOf(files).toEqualTypeOf<{ path: string }[]>();
});
show({ path: 'a' });
// @ts-expect-error a property is missing
show({});
