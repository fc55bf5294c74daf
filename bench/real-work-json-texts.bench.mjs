// What does a pool make of real work: JSON documents in strings?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'json-texts',
  what: 'JSON documents, strings',
  method: '40 documents of 1 to 5 MB, parsed and summed up; a string in, a small object out.',
  count: 40,
});
