import { SectionRecorder } from '../../src/child/section-recorder.js';
import type { SectionDelta } from '../../src/contract/trace.js';

/** The task of most tests. */
export const TASK = { task: 'task', id: 1 };

/** A recorder, and the paths that it has noted. */
export function openRecorder() {
  const noted: string[] = [];
  return { sections: new SectionRecorder((path) => noted.push(path)), noted };
}

/** By path: the fields that a test asks for. */
export function byPath<K extends keyof SectionDelta>(
  deltas: readonly SectionDelta[],
  ...fields: K[]
): Record<string, SectionDelta[K][]> {
  return Object.fromEntries(deltas.map((delta) => [delta.path.join('/'), fields.map((field) => delta[field])]));
}

/** The sections of `names` calls, each with a name of its own of 10 KB. */
export function withManyNames(names: number): SectionDelta[] {
  const own = new SectionRecorder(() => {});
  const long = 'x'.repeat(10_000);
  for (let i = 0; i < names; i++) own.run(TASK, `${i}${long}`, () => {});
  return own.take();
}
