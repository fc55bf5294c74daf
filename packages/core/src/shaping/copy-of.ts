import { LocalCodec } from '../codec/local-codec.js';
import type { CodecName } from '../contract/codec.js';

/**
 * Copies values of tasks that wait or are shared, as their way to a worker would. What nothing can change needs no copy.
 * @param limitBytes most bytes of one value
 */
export function copierOf(codec: CodecName, limitBytes: number): (value: unknown) => unknown {
  let idle: LocalCodec | undefined;
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    // A getter of the value may call a task, whose input is then copied in the middle of this copy.
    const copier = idle ?? new LocalCodec(codec, limitBytes);
    idle = undefined;
    try {
      return copier.copy(value);
    } catch {
      // An input that cannot be sent is refused by the pool when it runs, with the place of the culprit. One with parts to be
      // moved goes with them.
      return value;
    } finally {
      idle = copier;
    }
  };
}
