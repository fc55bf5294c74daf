import type { ItemId, SourceItem } from '../input/source.js';

/** An item that was taken from the input and waits for its result. */
export interface TakenItem {
  /** Position in the input, from 0, bad items counted. */
  index: number;
  id: ItemId;
  /** Undefined unless the feed keeps values. */
  value: unknown;
}

/** An item that cannot be given to a handler. */
export interface RefusedItem {
  index: number;
  id: ItemId;
  problem: string;
}

export interface FeedOptions {
  /** Most items taken from the source. */
  limit?: number;
  /** Keep the values of items until their results are there. */
  keepValues?: boolean;
  /** Receives refused items that wait for no earlier item. */
  onRefused: (item: RefusedItem) => void | Promise<void>;
}

/** Most refused items held back behind one in flight. At this number, reading pauses. */
const MAX_HELD_BACK = 10_000;

/**
 * Feeds the values of a source to a pool, and knows the item of each next result.
 *
 * Bad lines have no value and do not reach the pool. Such a refused item keeps its place: it is held back until all items before
 * it have their results. The feed ends when the source does, when the limit is reached, or when it is stopped. It also ends
 * when reading fails; then `error` says why.
 */
export class Feed implements AsyncIterable<unknown> {
  readonly #source: AsyncIterator<SourceItem>;
  readonly #options: FeedOptions;
  /** Items in order. The first, if there is one, was given to the pool. */
  #waiting: (TakenItem | RefusedItem)[] = [];
  #head = 0;
  #heldBack = 0;
  #taken = 0;
  #stopped = false;
  #exhausted = false;
  #error: Error | undefined;
  /** Ends a read or a wait, so that stop() takes effect at once. */
  #wake: (() => void) | undefined;

  constructor(source: AsyncIterator<SourceItem>, options: FeedOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Items taken from the source so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether the source was read to its end. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** Why reading ended early, if it failed. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Gives no more items, not even to a reader that waits for the next one. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /**
   * Returns the item of the next result, and the refused items behind it whose turn has come. To be called once for each result,
   * in order.
   */
  settle(): { item: TakenItem; refused: RefusedItem[] } {
    const item = this.#shift() as TakenItem;
    const refused: RefusedItem[] = [];
    for (let next = this.#peek(); next !== undefined && 'problem' in next; next = this.#peek()) {
      refused.push(next);
      this.#shift();
      this.#heldBack--;
    }
    if (refused.length > 0) this.#wake?.();
    return { item, refused };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    const { limit = Infinity, keepValues = false, onRefused } = this.#options;
    while (!this.#stopped && this.#taken < limit) {
      const item = await this.#read();
      if (item === undefined) return;
      const index = this.#taken++;
      if ('value' in item) {
        this.#waiting.push({ index, id: item.id, value: keepValues ? item.value : undefined });
        yield item.value;
        continue;
      }
      const refused = { index, id: item.id, problem: item.problem };
      if (this.#peek() === undefined) {
        await onRefused(refused);
        continue;
      }
      this.#waiting.push(refused);
      this.#heldBack++;
      while (this.#heldBack >= MAX_HELD_BACK && !this.#stopped) await this.#sleep();
    }
  }

  /** The next item; undefined after the end or after stop(). */
  async #read(): Promise<SourceItem | undefined> {
    try {
      // A race for each item against one long-lived promise would leak; a single callback does not.
      const result = await new Promise<IteratorResult<SourceItem> | undefined>((resolve, reject) => {
        this.#wake = () => {
          if (this.#stopped) resolve(undefined);
        };
        this.#source.next().then(resolve, reject);
      });
      if (result === undefined || this.#stopped) return undefined;
      if (result.done !== true) return result.value;
      this.#exhausted = true;
    } catch (error) {
      this.#error = error as Error;
    } finally {
      this.#wake = undefined;
    }
    return undefined;
  }

  async #sleep(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }

  #peek(): TakenItem | RefusedItem | undefined {
    return this.#waiting[this.#head];
  }

  /** A list with a moving head: shift() of a long array copies it. */
  #shift(): TakenItem | RefusedItem | undefined {
    const item = this.#waiting[this.#head++];
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
