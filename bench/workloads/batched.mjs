// The same handler for one item and for a list.
import { batch } from '@millpond/core/worker';

export const identity = (value) => value;

export const identities = batch({ maxSize: 1000 }, (values) => values);
