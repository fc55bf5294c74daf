// How much of an error crosses. All of it is in a user's hand, and errors do not count towards maxPayloadBytes.

/** Longest message, and longest stack, in characters. What is longer is cut, and says by how much. */
export const MAX_TEXT = 2 ** 16;
/** Longest name of an error or key of a property. */
export const MAX_KEY = 1024;
/** Properties of one error, list or object. */
export const MAX_PROPS = 1000;
/** Errors in all: causes, members of AggregateErrors, and those in properties. */
export const MAX_NODES = 1000;
/** Causes of causes. */
export const MAX_DEPTH = 100;
/** All texts and cloned values of one thrown value together: characters or bytes. */
export const MAX_TOTAL = 2 ** 20;
/** Characters that describe a value which cannot be sent. */
export const MAX_DESCRIPTION = 200;
/** Values of properties that are searched for errors in them. */
export const MAX_SEARCHED = 1000;
