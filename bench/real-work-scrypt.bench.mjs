// What does a pool make of real work: passwords to hashes?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'scrypt',
  what: 'passwords through scrypt',
  method: '40 passwords through scryptSync with its default parameters; two short texts in, one out.',
  count: 40,
});
