import type { ResolvedTaskCache } from '../contract/resolved-options.js';
import type { Terms } from './freshness.js';

/** Where a result belongs, and the terms on which it is kept. */
export interface Place {
  readonly task: string;
  readonly key: string;
  readonly tags: readonly string[];
  readonly settings: ResolvedTaskCache;
  readonly terms: Terms;
  /** Time that key and tags took, ms; 0 while the cache has no listeners. */
  readonly keyMs: number;
}
