/** A binary heap of `{ at, … }`, the least `at` first. */
export class Heap {
  #items = [];

  get first() {
    return this.#items[0];
  }

  push(item) {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (items[parent].at <= item.at) break;
      items[index] = items[parent];
      index = parent;
    }
    items[index] = item;
  }

  pop() {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1].at < items[child].at) child++;
      if (items[child].at >= last.at) break;
      items[index] = items[child];
      index = child;
    }
    items[index] = last;
    return first;
  }
}
