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
  /** Receives refused items for which no earlier item is still to be waited for. */
  onRefused: (item: RefusedItem) => void | Promise<void>;
}

/** Refused items held back behind one that is running. Beyond it reading waits. */
const MAX_HELD_BACK = 10_000;

/**
 * Feeds the values of a source to a pool, and knows afterwards whose result comes next.
 *
 * Not every item of the source reaches the pool: bad lines have no value. They keep their place all the same: a refused
 * item is held back until the results of all items before it are there. The feed ends when the source does, when the
 * limit is reached, when it is stopped, or when reading fails; then `error` says why.
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
  /** Ends a read or a wait that stop() must not have to sit out. */
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

  /** Gives nothing more from now on, not even to a reader that waits for the next item. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /**
   * To be called once for each result, in order: the item it belongs to, and the refused items that follow it and
   * now have their turn.
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

  /** The next item; undefined when there is none, or none is wanted any more. */
  async #read(): Promise<SourceItem | undefined> {
    try {
      // One race per item against one long-lived promise would leak; a single callback does not.
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
