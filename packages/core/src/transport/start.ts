import type { PoolKind } from '../contract/options.js';
import { startInline } from './inline-transport.js';
import { startProcess } from './process-transport.js';
import { startThread } from './thread-transport.js';
import type { StartTransport } from './transport.js';

/** The function that starts each kind of worker. */
export const START: Readonly<Record<PoolKind, StartTransport>> = {
  process: startProcess,
  thread: startThread,
  inline: startInline,
};
