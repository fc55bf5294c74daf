/** What an item is called in results and messages: its path, its line, its number. */
export type ItemId = string | number;

/** One item as its source gives it: a value for the handler, or the reason why there is none. */
export type SourceItem = { id: ItemId; value: unknown } | { id: ItemId; problem: string };

/** An opened input. Opening found everything wrong that can be found before the first item is read. */
export interface InputSource {
  /** For people: 'lines of data.txt', 'range 1 to 10'. */
  description: string;
  /** How many items there are; undefined where only reading to the end would tell. */
  total: number | undefined;
  /** Absolute paths of the files that are, or hold, the items: a result file must be none of them. */
  files: readonly string[];
  /**
   * The items, in order, read as they are asked for. To be called once.
   * @throws InputError from next() when reading fails half way
   */
  items(): AsyncIterator<SourceItem>;
  /** Lets go of files and streams, also while an item is being waited for. May be called more than once. */
  close(): void;
}

/** The input cannot be used, or cannot be read any further. The message names the file, or the pattern and its folder. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Name and code that a failed item carries when its line could not be read as an item. */
export const BAD_ITEM = { name: 'InputError', code: 'ERR_INPUT' } as const;
