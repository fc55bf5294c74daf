// What does a pool make of real work: sources compressed?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'brotli',
  what: 'sources through brotli',
  method: '2,000 sources of 1 to 40 KB through brotliCompressSync at quality 5; a string in, a Buffer out.',
  count: 2000,
  serialization: 'advanced',
});
