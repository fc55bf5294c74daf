import { getBuiltinModule } from '../../base/natives.js';

/** Reads a message. @returns whether its content was understood */
export type Reader = (message: unknown) => boolean;

/**
 * Listens on channels. Whatever a message holds, nothing leaves a listener: Node would end the program for it. Messages that were
 * not understood are counted by channel.
 */
export class Listening {
  readonly #unknown = new Map<string, number>();
  readonly #listeners: [channel: string, listener: (message: unknown) => void][] = [];

  on(channel: string, read: Reader): void {
    const listener = this.guarded(channel, read);
    this.#listeners.push([channel, listener]);
    diagnostics().subscribe(channel, listener);
  }

  /** A function that never throws, for listeners of any kind. */
  guarded<M>(channel: string, read: (message: M) => boolean): (message: M) => void {
    return (message) => {
      let isKnown = false;
      try {
        isKnown = read(message);
      } catch {
        // A getter or a proxy of the message threw. It counts as not understood.
      }
      if (!isKnown) this.note(channel, 1);
    };
  }

  /** Counts messages that were not understood. */
  note(channel: string, count: number): void {
    this.#unknown.set(channel, (this.#unknown.get(channel) ?? 0) + count);
  }

  /** Counts since the last call. */
  takeUnknown(): [channel: string, count: number][] {
    const unknown = [...this.#unknown];
    this.#unknown.clear();
    return unknown;
  }

  stop(): void {
    for (const [channel, listener] of this.#listeners) diagnostics().unsubscribe(channel, listener);
    this.#listeners.length = 0;
  }
}

export function diagnostics(): typeof import('node:diagnostics_channel') {
  return getBuiltinModule('node:diagnostics_channel');
}

/** The object at a key; undefined if there is none. */
export function objectAt(from: unknown, key: string): Record<string, unknown> | undefined {
  const value = isObject(from) ? from[key] : undefined;
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A number of bytes; 0 for anything else. */
export function bytesOf(value: unknown): number {
  const bytes = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof bytes === 'number' && bytes > 0 && bytes < 2 ** 53 ? bytes : 0;
}
