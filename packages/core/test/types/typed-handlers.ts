// A worker module as a user writes it; only its types are looked at.
import { defineWorker, lazyHandler, type TaskContext } from '@millpond/core/worker';

interface Model {
  readonly layers: number;
}

export const worker = defineWorker({ setup: (): Model => ({ layers: 3 }) });

export function area(box: { width: number; height: number }): number {
  return box.width * box.height;
}

export async function fetchPage(url: string, ctx: TaskContext<Model>): Promise<{ url: string; layers: number }> {
  return { url, layers: ctx.data.layers };
}

export function now(): Date {
  return new Date();
}

export function greet(name?: string): string {
  return `hello ${name ?? 'world'}`;
}

export function either(input: string | undefined): boolean {
  return input === undefined;
}

export function withContextOnly(_input: undefined, ctx: TaskContext): number {
  return ctx.taskId;
}

export const heavy = lazyHandler(() => import('./typed-heavy.js').then(({ render }) => render));

export const heavyAndSmall = lazyHandler(() => () => 5);

export default function main(input: Uint8Array): Uint8Array {
  return input;
}

export const notAHandler = 5;
export const settings = { verbose: true };

export async function* pages(first: number): AsyncGenerator<{ page: number }, void, undefined> {
  yield { page: first };
}
export function* letters(): Generator<string> {
  yield 'a';
}
export async function total(numbers: AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for await (const n of numbers) sum += n;
  return sum;
}
