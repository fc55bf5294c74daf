import type { Socket } from 'node:net';
import { Buffer, setTimeout, clearTimeout, fromJson } from '../base/natives.js';

/** What the parent writes on the guard's link: one byte asks for the stack of the worker's main thread. */
const ASK_FOR_STACK = Buffer.of(1);
/** Most characters of one answer. A stack has no more; what goes on without an end of line is no answer. */
const MOST_CHARACTERS = 1024 * 1024;

/**
 * The parent's end of the link to a guard, a thread inside a worker process that looks after its main thread: it ends
 * the process when the parent is gone, and tells where the main thread is stuck.
 */
export class GuardLink {
  readonly #socket: Socket;
  readonly #waiting: ((stack: string | undefined) => void)[] = [];
  #rest = '';
  #isBroken = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.unref();
    socket.setEncoding('utf8');
    socket.on('error', () => {}); // the worker is gone; 'close' follows
    socket.on('data', (text: string) => this.#read(text));
    socket.on('close', () => this.#giveUp());
  }

  /** Where the worker's main thread is now, as lines like those of an error's stack; undefined if it cannot tell. */
  stack(withinMs: number): Promise<string | undefined> {
    if (this.#socket.destroyed || this.#isBroken) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(undefined), withinMs);
      this.#waiting.push((stack) => {
        clearTimeout(limit);
        resolve(stack);
      });
      this.#socket.write(ASK_FOR_STACK);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** There are no more answers. */
  #giveUp(): void {
    this.#isBroken = true;
    this.#rest = '';
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  /**
   * Answers are JSON texts, one a line, in the order of the questions. A handler can write to any file descriptor of its process:
   * after the first word that is no answer, nothing more is asked. The link stays open, for with its end the guard ends the worker.
   */
  #read(text: string): void {
    if (this.#isBroken) return;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const stack = answerIn(line);
      if (stack === undefined) return this.#giveUp();
      this.#waiting.shift()?.(stack === '' ? undefined : stack);
    }
    if (this.#rest.length > MOST_CHARACTERS) this.#giveUp();
  }
}

function answerIn(line: string): string | undefined {
  try {
    const answer: unknown = fromJson(line);
    return typeof answer === 'string' ? answer : undefined;
  } catch {
    // Not what the guard writes.
    return undefined;
  }
}
