// What does a pool make of real work: JSON documents in Buffers?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'json-buffers',
  what: 'JSON documents, Buffers',
  method: '40 documents of 1 to 5 MB, parsed and summed up; a Buffer in, a small object out.',
  count: 40,
  serialization: 'advanced',
});
