/** The name of an item in results and messages: its path, its line, or its number. */
export type ItemId = string | number;

/** One item of a source: a value for the handler, or the reason why there is none. */
export type SourceItem = { id: ItemId; value: unknown } | { id: ItemId; problem: string };

/** An opened input. Opening finds every mistake that can be found before the first item is read. */
export interface InputSource {
  /** For people: 'lines of data.txt', 'range 1 to 10'. */
  description: string;
  /** Number of items; undefined if only reading to the end would tell. */
  total: number | undefined;
  /** Absolute paths of files that are items or hold items. A result file must be none of them. */
  files: readonly string[];
  /**
   * The items, in order, read on demand. To be called once.
   * @throws InputError from next() when reading fails half way
   */
  items(): AsyncIterator<SourceItem>;
  /** Closes files and streams, also while a read is waiting. May be called more than once. */
  close(): void;
}

/** The input cannot be used, or cannot be read any further. The message names the file, or the pattern and its folder. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Name and code of a failed item whose line could not be read as an item. */
export const BAD_ITEM = { name: 'InputError', code: 'ERR_INPUT' } as const;
