import type { BatchOptions } from './batch-options.js';
import { BATCH } from './batch-shape.js';
import { checkShape, ownOptions } from './checks.js';
import { PoolError } from './errors.js';

/** Checks options of a batch, and returns a copy of their own properties. @throws ERR_OPTION naming them by `path` */
export function checkBatchOptions(options: BatchOptions, path: string): BatchOptions {
  checkShape(options, BATCH, path);
  checkBatchSize(options, path);
  return ownOptions(options, BATCH);
}

/** Refuses a size beyond the most. @throws ERR_OPTION */
export function checkBatchSize({ size, maxSize }: BatchOptions, path: string): void {
  if (typeof size !== 'number' || maxSize === undefined || size <= maxSize) return;
  throw new PoolError('ERR_OPTION', { option: `${path}.size`, reason: `is ${size}, above maxSize ${maxSize}.` });
}
