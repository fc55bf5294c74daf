import { toJson } from '../base/natives.js';
import type { Selection } from './entries.js';
import { keyTest } from './key-pattern.js';
import type { Stored } from './record.js';

/** Results that the program dropped by a selector, as a store has it. Undefined parts select all. */
export interface Drop {
  readonly atMs: number;
  readonly task: string | undefined;
  readonly key: string | undefined;
  readonly tag: string | undefined;
  /** A text, or source and flags of a RegExp. */
  readonly match: string | readonly [source: string, flags: string] | undefined;
}

/** Drops that are remembered one by one. With more, all results from before the newer half count as dropped. A choice. */
const MOST_DROPS = 1000;

/**
 * What was dropped from a store by selectors. A store finds results by their key alone, so it keeps dropped ones, and this list
 * says which they are.
 */
export class DropList {
  /** By what they select: a later drop of the same results takes the place of an earlier one. */
  readonly #drops = new Map<string, { drop: Drop; selection: Selection }>();

  #hasOwn = false;

  get drops(): Drop[] {
    return Array.from(this.#drops.values(), ({ drop }) => drop);
  }

  /** Whether this program added any. */
  get hasOwn(): boolean {
    return this.#hasOwn;
  }

  /** @param isOwn whether this program made it, and not another one with the same store */
  add(drop: Drop, isOwn = true): void {
    const { atMs, task, key, tag, match } = drop;
    const name = toJson([task, key, tag, match]);
    this.#hasOwn ||= isOwn;
    if (atMs < (this.#drops.get(name)?.drop.atMs ?? -Infinity)) return;
    this.#drops.set(name, withSelection(drop));
    if (this.#drops.size <= MOST_DROPS) return;
    const { atMs: untilMs } = this.drops.toSorted((a, b) => a.atMs - b.atMs)[MOST_DROPS >> 1] as Drop;
    for (const [each, { drop: old }] of this.#drops) if (old.atMs <= untilMs) this.#drops.delete(each);
    this.add(dropOfAll(untilMs), isOwn);
  }

  /** Whether a result was dropped after it was stored. */
  has({ task, key, tags, storedAtMs }: Stored): boolean {
    for (const { drop, selection } of this.#drops.values()) {
      if (storedAtMs > drop.atMs) continue;
      if (drop.task !== undefined && drop.task !== task) continue;
      if (drop.key !== undefined && drop.key !== key) continue;
      if ((drop.tag === undefined || tags.includes(drop.tag)) && selection.fits(key)) return true;
    }
    return false;
  }
}

/** Drops all that was stored until then. */
export function dropOfAll(atMs: number): Drop {
  return { atMs, task: undefined, key: undefined, tag: undefined, match: undefined };
}

function withSelection(drop: Drop): { drop: Drop; selection: Selection } {
  const { match, ...selected } = drop;
  const pattern = match === undefined || typeof match === 'string' ? match : new RegExp(match[0], match[1]);
  return { drop, selection: { ...selected, fits: keyTest(pattern) } };
}

/** Reads a list that a store has. */
export function isDropList(value: unknown): value is Drop[] {
  return Array.isArray(value) && value.every(isDrop);
}

function isDrop(value: unknown): value is Drop {
  if (typeof value !== 'object' || value === null) return false;
  const { atMs, task, key, tag, match } = value as Record<keyof Drop, unknown>;
  const isText = (part: unknown): boolean => part === undefined || typeof part === 'string';
  if (typeof atMs !== 'number' || ![task, key, tag].every(isText)) return false;
  if (isText(match)) return true;
  if (!Array.isArray(match) || match.length !== 2) return false;
  try {
    new RegExp(match[0] as string, match[1] as string);
    return true;
  } catch {
    // Another version of Node wrote it, with a syntax that this one lacks.
    return false;
  }
}
