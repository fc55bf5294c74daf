/** Name under which everything without a place of its own is counted. */
export const OTHER = '(other)';
/** Longest name; longer ones are cut, and names with the same beginning of this length share a place. */
const LONGEST_NAME = 200;

/** Places that several tables share: a table takes one for each name. */
export interface Places {
  left: number;
}

/**
 * Keeps one value per name, for a limited number of names; all later names share one value, called "(other)". Users make up
 * these names: one per file or per user would take ever more memory.
 */
export class BoundedNames<V> {
  readonly #values = new Map<string, V>();
  readonly #make: (name: string) => V;
  readonly #shared: Places | undefined;
  #left: number;
  #other: V | undefined;

  /**
   * @param most names with a value of their own
   * @param make gives the value of a new name; its name is cut to 200 characters
   * @param shared places that this table takes from as well, so that a tree of tables is bounded as a whole
   */
  constructor(most: number, make: (name: string) => V, shared?: Places) {
    this.#left = most;
    this.#make = make;
    this.#shared = shared;
  }

  /** Names with a value, "(other)" included once it is needed. */
  get size(): number {
    return this.#values.size;
  }

  /** The value of this name. A new name gets one while a place is left, and the value of "(other)" after that. */
  get(name: string): V {
    return this.#values.get(name) ?? this.#add(name);
  }

  /** The value that this name has already; undefined if it has none. */
  find(name: string): V | undefined {
    return this.#values.get(name.length > LONGEST_NAME ? shortName(name) : name);
  }

  /** Removes a name, and returns the value of its own. Its place becomes free. */
  take(name: string): V | undefined {
    const value = name === OTHER || name.length > LONGEST_NAME ? undefined : this.#values.get(name);
    if (value === undefined) return undefined;
    this.#values.delete(name);
    this.#left++;
    if (this.#shared !== undefined) this.#shared.left++;
    return value;
  }

  /** The value of all names without one of their own. */
  get other(): V {
    if (this.#other === undefined) {
      this.#other = this.#make(OTHER);
      this.#values.set(OTHER, this.#other);
    }
    return this.#other;
  }

  entries(): MapIterator<[string, V]> {
    return this.#values.entries();
  }

  values(): MapIterator<V> {
    return this.#values.values();
  }

  #add(given: string): V {
    const name = given.length > LONGEST_NAME ? shortName(given) : given;
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    if (name === OTHER || this.#left === 0 || this.#shared?.left === 0) return this.other;
    this.#left--;
    if (this.#shared !== undefined) this.#shared.left--;
    const value = this.#make(name);
    this.#values.set(name, value);
    return value;
  }
}

/** A name as reports and messages show it: whole, or its first 200 characters. */
export function shortName(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}
