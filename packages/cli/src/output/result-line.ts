import type { ItemId } from '../input/source.js';
import type { ErrorJson } from './to-json.js';
import { describeError, toJson } from './to-json.js';

/** The outcome of one item. `reason` is the value that the handler threw, or the pool's own error. */
export type Outcome = { ok: true; value: unknown } | { ok: false; reason: unknown };

/** One line of the result file. Lines are in input order, and each item that was taken has exactly one. */
export type ResultLine = {
  /** Position of the item in the input, from 0. */
  index: number;
  /** Name of the item: its path for files, its line number for lines, jsonl and csv, else its number. */
  id: ItemId;
  /** The item itself, if `output.input` asks for it and it could be read. */
  input?: unknown;
} & ({ ok: true; value: unknown } | { ok: false; error: ErrorJson });

/** Fields of a line besides the outcome. */
export interface ItemLabel {
  index: number;
  id: ItemId;
  /** Set if the line repeats the item. */
  input?: { value: unknown };
}

/** A result line, and its text. The text is JSON on one line, without a line end. */
export interface RenderedLine {
  line: ResultLine;
  text: string;
}

/** Makes the result line of an item. A value that cannot be written as JSON makes the item a failed one. Never throws. */
export function renderResult(label: ItemLabel, outcome: Outcome): RenderedLine {
  const { index, id, input } = label;
  try {
    // In the order of a line; without spreading, which is slow, and this runs once an item.
    const head = input === undefined ? { index, id } : { index, id, input: toJson(input.value) };
    const line = Object.assign(
      head,
      outcome.ok ? { ok: true, value: toJson(outcome.value) } : { ok: false, error: describeError(outcome.reason) },
    ) as ResultLine;
    return { line, text: JSON.stringify(line) };
  } catch (error) {
    // Nested beyond the stack, or longer than the longest string there is.
    const message = `The result cannot be written as JSON: ${describeError(error).message}`;
    const line: ResultLine = { index, id, ok: false, error: { name: 'OutputError', message, code: 'ERR_OUTPUT' } };
    return { line, text: JSON.stringify(line) };
  }
}
