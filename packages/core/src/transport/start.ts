import type { PoolKind } from '../contract/options.js';
import { startInline } from './inline-transport.js';
import { startProcess } from './process-transport.js';
import { startThread } from './thread-transport.js';
import type { StartTransport } from './transport.js';

/** How each kind of worker is started. */
export const START: Readonly<Record<PoolKind, StartTransport>> = {
  process: startProcess,
  thread: startThread,
  inline: startInline,
};
