import v8 from 'node:v8';

/*
 * V8's serializer, with its methods taken once: what is put into the place of one of them later, on a prototype or in the module,
 * is not found. `types` and the like are in natives.ts.
 */

/** All methods of a class and of those it extends, on its own prototype. */
function closed<C extends new (...args: never[]) => object>(type: C): C {
  const { defineProperties, getOwnPropertyDescriptors, getPrototypeOf } = Object;
  const links: object[] = [];
  // Up to the Object.prototype of the realm of these classes, which is not that of a test that jest runs.
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

/** As v8.serialize(). @throws where V8 refuses the value */
export function serialize(value: unknown): Buffer {
  const serializer = new DefaultSerializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** As v8.deserialize(). @throws for bytes that are no value */
export function deserialize(bytes: Uint8Array): unknown {
  const deserializer = new DefaultDeserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

export const { getHeapStatistics, getHeapSpaceStatistics } = v8;
