// Limits on what crosses of an error. Users control all of it, and errors do not count towards maxPayloadBytes.

/** Longest message, and longest stack, in characters. A longer text is cut, and says by how much. */
export const MAX_TEXT = 2 ** 16;
/** Longest name of an error or key of a property. */
export const MAX_KEY = 1024;
/** Properties of one error, list or object. */
export const MAX_PROPS = 1000;
/** Most errors in all: causes, members of AggregateErrors, and those in properties. */
export const MAX_NODES = 1000;
/** Most levels of causes. */
export const MAX_DEPTH = 100;
/** Most characters or bytes of all texts and cloned values of one thrown value. */
export const MAX_TOTAL = 2 ** 20;
/** Most characters in the description of a value that cannot be sent. */
export const MAX_DESCRIPTION = 200;
/** Most property values that are searched for errors. */
export const MAX_SEARCHED = 1000;
