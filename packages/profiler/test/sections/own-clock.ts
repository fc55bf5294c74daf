import { isPoolError } from '@millpond/core';
import { ParentSections } from '../../src/sections/parent-sections.js';
import { sectionReports } from '../../src/sections/section-reports.js';

/** Sections on a clock that only moves when a test says so. */
export function sectionsOnOwnClock() {
  let now = 1000;
  const sections = new ParentSections(() => now);
  return {
    sections,
    /** Lets time pass. */
    spend(ms: number): void {
      now += ms;
    },
    /** Path → [count, total, self]. */
    measured(): Record<string, [count: number, totalMs: number, selfMs: number]> {
      return Object.fromEntries(
        sectionReports(sections.ledger).map(({ path, count, totalMs, selfMs }) => [
          path.join('/'),
          [count, totalMs, selfMs],
        ]),
      );
    },
  };
}

/** The message of the ERR_SECTION that `run` throws. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isPoolError(error, 'ERR_SECTION')) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The message of the ERR_SECTION that the promise of `run` rejects with. */
export async function refusalOf(run: () => Promise<unknown>): Promise<string> {
  const error: unknown = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return refusal(() => {
    throw error;
  });
}

/** A promise with its end in flight. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
