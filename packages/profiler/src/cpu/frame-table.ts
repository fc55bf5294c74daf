import type { CpuNode } from '@millpond/core';

type CallFrame = CpuNode['callFrame'];

/** A place in code as V8 names it. */
export interface Frame {
  readonly functionName: string;
  readonly url: string;
  /** From 1; 0 if unknown. */
  readonly line: number;
  readonly column: number;
}

/** Most distinct places. A program that makes functions from text has no end of them. */
const MOST_FRAMES = 20_000;
const LONGEST_NAME = 200;
const LONGEST_URL = 1000;
const OTHER = '(other)';

/** Distinct places in code, shared by all profiles of a pool. */
export class FrameTable {
  readonly frames: Frame[] = [];
  readonly #known = new Map<string, number>();

  /** The number of a place. */
  of(callFrame: Partial<CallFrame> | undefined): number {
    const functionName = textOf(callFrame?.functionName, LONGEST_NAME);
    const url = textOf(callFrame?.url, LONGEST_URL);
    const line = placeOf(callFrame?.lineNumber);
    const column = placeOf(callFrame?.columnNumber);
    const key = `${functionName}\n${url}\n${line}\n${column}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.frames.length >= MOST_FRAMES && functionName !== OTHER) return this.of({ functionName: OTHER });
    this.#known.set(key, this.frames.length);
    return this.frames.push({ functionName, url, line, column }) - 1;
  }
}

function textOf(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}

/** V8 counts from 0, and has −1 for none. */
function placeOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value + 1 : 0;
}
