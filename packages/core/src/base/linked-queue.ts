/** Fields that an element needs to stand in a LinkedQueue; they are its own, so that queueing allocates nothing. */
export interface Linked<T> {
  next: T | undefined;
  previous: T | undefined;
}

/**
 * A first-in, first-out queue with push, unshift, shift and remove in constant time. The links live in the elements themselves,
 * so an element stands in at most one queue. A caller may remove only an element that it knows to be in this queue.
 */
export class LinkedQueue<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let element = this.#first; element !== undefined; element = element.next) yield element;
  }

  push(element: T): void {
    element.previous = this.#last;
    element.next = undefined;
    if (this.#last === undefined) this.#first = element;
    else this.#last.next = element;
    this.#last = element;
    this.#size++;
  }

  unshift(element: T): void {
    element.next = this.#first;
    element.previous = undefined;
    if (this.#first === undefined) this.#last = element;
    else this.#first.previous = element;
    this.#first = element;
    this.#size++;
  }

  shift(): T | undefined {
    const element = this.#first;
    if (element !== undefined) this.remove(element);
    return element;
  }

  remove(element: T): void {
    if (element.previous === undefined) this.#first = element.next;
    else element.previous.next = element.next;
    if (element.next === undefined) this.#last = element.previous;
    else element.next.previous = element.previous;
    element.next = undefined;
    element.previous = undefined;
    this.#size--;
  }
}
