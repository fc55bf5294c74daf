export const NO_MESSAGE = 'what was thrown has no message that can be read.';

/** The message of what was thrown, whatever that is: a user may throw what cannot be made a text. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown);
  } catch {
    // No prototype, or a getter or a trap that throws in turn. Nothing more can be said of it.
    return NO_MESSAGE;
  }
}

/** The code of what was thrown, where it has one that is a text: a user may throw null, or an object whose getters throw. */
export function codeOf(thrown: unknown): string | undefined {
  try {
    const { code } = (thrown ?? {}) as { code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    // A getter or a trap that throws: no error of Node's.
    return undefined;
  }
}
