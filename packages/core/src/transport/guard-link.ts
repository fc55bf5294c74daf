import type { Socket } from 'node:net';
import { Buffer, clearTimeout, fromJson, setTimeout } from '../base/natives.js';

/** Byte from the parent on the guard's link that asks for the stack of the worker's main thread. */
const ASK_FOR_STACK = Buffer.of(1);
/** Most characters of one answer. No stack is longer; endless text without an end of line is no answer. */
const MOST_CHARACTERS = 1024 * 1024;

/**
 * The parent's end of the link to a guard, a thread inside a worker process that watches its main thread. The guard ends
 * the process when the parent is gone, and reports where the main thread is stuck.
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

  /** Current stack of the worker's main thread, in lines like those of an error. Undefined if the guard cannot get it. */
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

  /** Stops waiting: no more answers will come. */
  #giveUp(): void {
    this.#isBroken = true;
    this.#rest = '';
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  /**
   * Answers are JSON texts, one a line, in the order of the questions. A handler can write to any file descriptor of its process.
   * After the first text that is no answer, nothing more is asked. The link stays open, since its end makes the guard end the
   * worker.
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
    // Not written by the guard.
    return undefined;
  }
}
