/**
 * First room of a ring, which doubles when it is full. All doublings together copy each element once, whatever the first room. Four
 * times as much would be 400 bytes more for each of thousands of short queues.
 */
const FIRST_ROOM = 16;

/**
 * A first-in, first-out queue in constant time at any length: shift() of a long array moves all that is left. An element is
 * found by its distance from the head.
 */
export class RingQueue<T> {
  /** Its length is a power of two. */
  #items = new Array<T | undefined>(FIRST_ROOM);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size) & (this.#items.length - 1)] = item;
    this.#size++;
  }

  /** The element `index` places behind the head; undefined beyond the end. */
  at(index: number): T | undefined {
    return index < this.#size ? this.#items[(this.#head + index) & (this.#items.length - 1)] : undefined;
  }

  /** Replaces the element `index` places behind the head, which must be there. */
  set(index: number, item: T): void {
    this.#items[(this.#head + index) & (this.#items.length - 1)] = item;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#size--;
    return item;
  }

  #grow(): void {
    const items = new Array<T | undefined>(this.#items.length * 2);
    for (let index = 0; index < this.#size; index++) items[index] = this.at(index);
    this.#items = items;
    this.#head = 0;
  }
}
