import type { DispatcherLedger } from '../model/ledgers.js';
import { share } from './view.js';

/**
 * Time of the program's own work on its main thread, ms. The collector cleans up after all that runs there, and its time is shared out in
 * proportion. In a program that makes 100,000 calls at once and does nothing else, all of it follows the calls.
 */
export function programMs({ userMs, gcMs, encodeMs, decodeMs, dispatchMs }: DispatcherLedger): number {
  return userMs + gcMs * share(userMs, userMs + encodeMs + decodeMs + dispatchMs);
}

/** The rest of the collector's time, ms: what calls of pools leave behind. */
export function collectedAfterCallsMs(ledger: DispatcherLedger): number {
  return ledger.userMs + ledger.gcMs - programMs(ledger);
}
