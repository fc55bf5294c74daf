import type { BuiltInStore, CacheStore } from '../contract/cache-store.js';
import { FileStore } from './file-store.js';
import { SqliteStore } from './sqlite-store.js';

/** Most bytes of a store that comes with the pool. A choice. */
const MOST_BYTES = 2 ** 30;

/** @throws ERR_OPTION for a database that cannot be used */
export function openStore(store: CacheStore | BuiltInStore): CacheStore {
  // The program's own may have a property of these names, too.
  if ('get' in store) return store;
  const { maxBytes = MOST_BYTES } = store;
  return 'folder' in store ? new FileStore(store.folder, maxBytes) : new SqliteStore(store.sqlite, maxBytes);
}
