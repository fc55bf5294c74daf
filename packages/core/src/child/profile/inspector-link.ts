import type { Session } from 'node:inspector';
import { getBuiltinModule } from '../../base/natives.js';

/** V8's inspector of this thread. */
export class InspectorLink {
  readonly #session: Session;

  /** @throws in a build of Node without an inspector */
  constructor() {
    const { Session: Opened } = getBuiltinModule('node:inspector');
    this.#session = new Opened();
    this.#session.connect();
  }

  /** Calls a method. A session of the same thread answers before it returns. @throws its error */
  call<T>(method: string, parameters: object = {}): T {
    let answer: { error: Error | null; result: unknown } | undefined;
    this.#session.post(method, parameters, (error, result) => (answer = { error, result }));
    if (answer === undefined) throw new Error(`The inspector has not answered ${method}.`);
    if (answer.error !== null) throw answer.error;
    return answer.result as T;
  }

  /** A session that stays open makes Node print a line about the debugger at its exit. */
  close(): void {
    this.#session.disconnect();
  }
}
