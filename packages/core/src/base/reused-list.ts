/**
 * A list that is filled and emptied again and again. It keeps its memory. An array whose length is set to 0 drops it, and
 * allocates 150 bytes at the next push, every time.
 */
export class ReusedList<T> {
  readonly #items: (T | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#items.length) this.#items.push(item);
    else this.#items[this.#size] = item;
    this.#size++;
  }

  /** The item at `index`, which is below `size`. */
  at(index: number): T {
    return this.#items[index] as T;
  }

  clear(): void {
    for (let index = 0; index < this.#size; index++) this.#items[index] = undefined;
    this.#size = 0;
  }
}
