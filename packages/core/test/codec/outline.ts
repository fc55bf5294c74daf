/**
 * All there is to see of a value, as a flat list of primitives: parts in the order in which they are met, and
 * where a part was met before, its number.
 */
export function outline(value: unknown): unknown[] {
  const lines: unknown[] = [];
  const seen = new Map<unknown, number>();
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) {
      lines.push(typeof part === 'number' && Object.is(part, -0) ? 'minus zero' : part);
      return;
    }
    const known = seen.get(part);
    if (known !== undefined) {
      lines.push(`same as ${known}`);
      return;
    }
    seen.set(part, seen.size);
    lines.push(Object.prototype.toString.call(part), prototypeName(part));
    const inside = insideOf(part);
    if (inside !== undefined) {
      lines.push(...inside.facts);
      inside.parts?.forEach(visit);
    }
    if (ArrayBuffer.isView(part)) return;
    const descriptors = Object.entries(Object.getOwnPropertyDescriptors(part));
    for (const [key, { value: entry, enumerable, writable, get }] of descriptors) {
      // Where an error has its stack in an accessor, V8 makes a new one.
      if (key === 'stack') continue;
      lines.push(key, enumerable, writable, get);
      visit(entry);
    }
  };
  visit(value);
  return lines;
}

/** The prototypes of this realm by their names. */
function prototypeName(part: object): unknown {
  const prototype = Object.getPrototypeOf(part) as { constructor: { name: string } } | null;
  if (prototype === null) return null;
  const { name } = prototype.constructor;
  return [name, prototype === (globalThis as unknown as Record<string, { prototype: object }>)[name]?.prototype].join();
}

function insideOf(part: object): { facts: unknown[]; parts?: unknown[] } | undefined {
  if (part instanceof Map) return { facts: [part.size], parts: [...part].flat() };
  if (part instanceof Set) return { facts: [part.size], parts: [...part] };
  if (part instanceof Date) return { facts: [part.getTime()] };
  if (part instanceof RegExp) return { facts: [part.source, part.flags] };
  if (part instanceof Error) return { facts: [part.name, part.message, part.stack] };
  if (part instanceof ArrayBuffer) return { facts: [part.byteLength, hexOf(new Uint8Array(part))] };
  if (part instanceof Number || part instanceof String || part instanceof Boolean || part instanceof BigInt) {
    return { facts: [part.valueOf()] };
  }
  if (!ArrayBuffer.isView(part)) return undefined;
  return { facts: [Buffer.isBuffer(part), hexOf(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))] };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
