export const NO_MESSAGE = 'what was thrown has no message that can be read.';

/** The message of a thrown value. A user may throw a value that cannot be made a text. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown);
  } catch {
    // No prototype, or a getter or a trap that throws in turn: such a value has no message.
    return NO_MESSAGE;
  }
}

/** The code of a thrown value, if it is a text. A user may throw null, or an object whose getters throw. */
export function codeOf(thrown: unknown): string | undefined {
  try {
    const { code } = (thrown ?? {}) as { code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    // A getter or a trap that throws: not an error of Node's.
    return undefined;
  }
}
