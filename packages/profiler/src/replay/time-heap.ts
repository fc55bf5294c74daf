/** Binary heap of numbered things by time. Two typed arrays: a replay of 100,000 tasks makes no garbage. */
export class TimeHeap {
  size = 0;
  #keys: Float64Array;
  #things: Int32Array;

  constructor(capacity: number) {
    this.#keys = new Float64Array(Math.max(16, capacity));
    this.#things = new Int32Array(Math.max(16, capacity));
  }

  /** Time of the first thing; Infinity if there is none. */
  get firstAt(): number {
    return this.size === 0 ? Infinity : (this.#keys[0] as number);
  }

  push(key: number, thing: number): void {
    if (this.size === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const things = this.#things;
    let place = this.size++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((keys[parent] as number) <= key) break;
      keys[place] = keys[parent] as number;
      things[place] = things[parent] as number;
      place = parent;
    }
    keys[place] = key;
    things[place] = thing;
  }

  /** Removes and returns the first thing. The heap must not be empty. */
  pop(): number {
    const keys = this.#keys;
    const things = this.#things;
    const first = things[0] as number;
    const size = --this.size;
    const key = keys[size] as number;
    const thing = things[size] as number;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && (keys[child + 1] as number) < (keys[child] as number)) child++;
      if ((keys[child] as number) >= key) break;
      keys[place] = keys[child] as number;
      things[place] = things[child] as number;
      place = child;
    }
    keys[place] = key;
    things[place] = thing;
    return first;
  }

  #grow(): void {
    const keys = new Float64Array(this.size * 2);
    const things = new Int32Array(this.size * 2);
    keys.set(this.#keys);
    things.set(this.#things);
    this.#keys = keys;
    this.#things = things;
  }
}

/** First in, first out, of numbers. */
export class IntQueue {
  #items: Int32Array;
  #head = 0;
  #tail = 0;

  constructor(capacity = 16) {
    this.#items = new Int32Array(Math.max(16, capacity));
  }

  get size(): number {
    return this.#tail - this.#head;
  }

  push(item: number): void {
    if (this.#tail === this.#items.length) this.#makeRoom();
    this.#items[this.#tail++] = item;
  }

  /** Removes and returns the oldest one; −1 if there is none. */
  shift(): number {
    return this.#head === this.#tail ? -1 : (this.#items[this.#head++] as number);
  }

  /** Keeps its memory at most half empty, so that each item is moved a constant number of times. */
  #makeRoom(): void {
    const size = this.size;
    const to = this.#head > this.#items.length / 2 ? this.#items : new Int32Array(this.#items.length * 2);
    to.set(this.#items.subarray(this.#head, this.#tail));
    this.#items = to;
    this.#head = 0;
    this.#tail = size;
  }
}
