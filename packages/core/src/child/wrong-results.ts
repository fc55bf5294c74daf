import { plural } from '../base/format-count.js';
import { ignoreRejections } from '../base/ignore-rejection.js';

/** The error of a call whose handler of lists returned no result for each input. */
export class WrongResults extends TypeError {
  readonly #isOne = true;
  readonly inputs: number;
  /** Number of results; undefined without a list. */
  readonly outputs: number | undefined;
  readonly got: string;

  constructor(inputs: number, result: unknown) {
    const outputs = Array.isArray(result) ? result.length : undefined;
    const got = outputs === undefined ? `no list but ${typeof result}` : plural(outputs, 'result');
    super(
      `A handler of several inputs returned ${got} for ${plural(inputs, 'input')}. Return a list with a result for each.`,
    );
    this.inputs = inputs;
    this.outputs = outputs;
    this.got = typeof result;
  }

  /** Whether a value is one. Unlike `instanceof`, it calls no trap of a proxy. */
  static is(value: unknown): value is WrongResults {
    return typeof value === 'object' && value !== null && #isOne in value;
  }
}

/**
 * The results of a handler of lists. A copy, since reading the list may throw.
 * @throws WrongResults. The promises in the refused list settle nothing, and their rejections must not end the worker
 */
export function resultsOf(result: unknown, inputs: number): unknown[] {
  if (Array.isArray(result) && result.length === inputs) return read(result);
  ignoreRejections(result);
  throw new WrongResults(inputs, result);
}

function read(list: readonly unknown[]): unknown[] {
  try {
    return Array.from(list);
  } catch (error) {
    ignoreRejections(list);
    throw error;
  }
}
