/** Where labels go. */
interface Track {
  set(atMs: number, task: string, section: string): void;
}

/**
 * Which task and section a thread runs, as far as that is known. While a handler runs synchronously it is that one. After that it is
 * the only task in flight, if there is one. With several in flight nothing says which of them goes on, and then it is none.
 */
export class RunningLabel {
  readonly #now: () => number;
  #track: Track | undefined;
  #names: readonly string[] = [];
  /** Handler whose synchronous part runs; −1 for none. */
  #running = -1;
  #calledAt = 0;
  #section = '';
  /** Calls that wait, and the sum of their handlers: with one call it is that handler. */
  #waiting = 0;
  #handlers = 0;
  /** Whether all calls in flight are known: those from before the profiling are not. */
  #isSure = true;

  constructor(now: () => number) {
    this.#now = now;
  }

  serve(names: readonly string[]): void {
    this.#names = names;
  }

  /** Writes to this track from now on; undefined for none. */
  write(track: Track | undefined): void {
    this.#track = track;
    this.#put(this.#now());
  }

  /** Name of the task that runs; '' if there is none, or it is not known. */
  get task(): string {
    return this.#names[this.#running >= 0 ? this.#running : this.#alone()] ?? '';
  }

  called(handler: number, atMs: number): void {
    this.#running = handler;
    this.#calledAt = atMs;
    this.#section = '';
    this.#put(atMs);
  }

  returned(ms: number): void {
    this.#running = -1;
    this.#put(this.#calledAt + ms);
  }

  waits(handler: number, calls: number): void {
    this.#waiting++;
    this.#handlers += handler;
    if (calls > this.#waiting) this.#isSure = false;
    this.#put(this.#now());
  }

  settled(handler: number, calls: number): void {
    this.#waiting--;
    this.#handlers -= handler;
    if (calls === 0) {
      this.#waiting = this.#handlers = 0;
      this.#isSure = true;
    }
    // It may be that of a call that is over.
    this.#section = '';
    this.#put(this.#now());
  }

  section(path: string): void {
    this.#section = path;
    this.#put(this.#now());
  }

  #put(atMs: number): void {
    const handler = this.#running >= 0 ? this.#running : this.#alone();
    this.#track?.set(atMs, this.#names[handler] ?? '', handler < 0 ? '' : this.#section);
  }

  /** The handler of the only call in flight; −1 if there is none, or are several. */
  #alone(): number {
    return this.#waiting === 1 && this.#isSure ? this.#handlers : -1;
  }
}
