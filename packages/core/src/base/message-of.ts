/** The message of what was thrown, whatever that is: a user may throw what cannot be made a text. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown);
  } catch {
    // No prototype, or a getter or a trap that throws in turn. Nothing more can be said of it.
    return 'what was thrown has no message that can be read.';
  }
}
