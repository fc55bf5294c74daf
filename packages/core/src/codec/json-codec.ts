import { Buffer } from '../base/natives.js';
import { checkSize, refuseUnencodable, type ValueCodec } from './value-codec.js';

/** What JSON has no text for but a whole value may be. */
const SPECIAL = new Map<string, unknown>([
  ['undefined', undefined],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** A list with such values: nulls in `values`, what they are in `special`, by row. */
interface WithSpecial {
  values: unknown[];
  special: Record<number, string>;
}

/** JSON, one text for a frame. */
export class JsonCodec implements ValueCodec {
  readonly #limitBytes: number;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  encode(values: readonly unknown[]): Uint8Array {
    let special: WithSpecial['special'] | undefined;
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      refuseUnencodable(value);
      if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) {
        (special ??= {})[row] = String(value);
      }
    }
    const text = JSON.stringify(special === undefined ? values : { values, special });
    const bytes = Buffer.from(text);
    checkSize(bytes.length, this.#limitBytes);
    return bytes;
  }

  decode(bytes: Buffer): unknown[] {
    const decoded = JSON.parse(bytes.toString()) as unknown[] | WithSpecial;
    if (Array.isArray(decoded)) return decoded;
    for (const [row, name] of Object.entries(decoded.special)) decoded.values[Number(row)] = SPECIAL.get(name);
    return decoded.values;
  }
}
