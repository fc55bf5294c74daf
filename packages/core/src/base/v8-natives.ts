import v8 from 'node:v8';
import { types } from './natives.js';

/*
 * V8's serializer, with its methods taken once: later replacements on a prototype or in the module have no effect. `types` and
 * the like are in natives.ts.
 */

/** Puts all methods of a class and of its base classes on its own prototype. */
function closed<C extends new (...args: never[]) => object>(type: C): C {
  const { defineProperties, getOwnPropertyDescriptors, getPrototypeOf } = Object;
  const links: object[] = [];
  // Up to the Object.prototype of the realm of these classes; a test that jest runs has another one.
  let link = type.prototype as object;
  for (let next = getPrototypeOf(link) as object | null; next !== null; next = getPrototypeOf(link) as object | null) {
    links.unshift(link);
    link = next;
  }
  for (const each of links) {
    const { constructor: _, ...methods } = getOwnPropertyDescriptors<PropertyDescriptorMap>(
      each as PropertyDescriptorMap,
    );
    defineProperties(type.prototype, methods);
  }
  return type;
}

export const DefaultSerializer = closed(class extends v8.DefaultSerializer {});
export const DefaultDeserializer = closed(class extends v8.DefaultDeserializer {});

/** Same as v8.serialize(). @throws if V8 refuses the value */
export function serialize(value: unknown): Buffer {
  const serializer = new DefaultSerializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** Node's method, which its types do not name. */
const { _readHostObject: readView } = DefaultDeserializer.prototype as unknown as {
  _readHostObject(this: object): ArrayBufferView;
};
/** The method of all typed arrays: that of a Buffer does not copy. */
const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

/** Node's reader makes views of the memory that it reads, or of the pool of all Buffers. Here each view has memory of its own. */
class OwningDeserializer extends DefaultDeserializer {
  /** V8 calls this for views. */
  _readHostObject(): ArrayBufferView {
    const view = readView.call(this);
    if (!types.isDataView(view)) return slice.call(view as Uint8Array);
    return new DataView(slice.call(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)).buffer);
  }
}

/** Same as v8.deserialize(), but the value shares no memory with `bytes`. @throws if the bytes are not a serialized value */
export function deserialize(bytes: Uint8Array): unknown {
  const deserializer = new OwningDeserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

export const { getHeapStatistics, getHeapSpaceStatistics, GCProfiler } = v8;
