// What does a pool make of real work: pages rendered on the server?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'render',
  what: 'React to a string',
  method: '600 pages through renderToString; objects of 5 to 33 KB in, texts of 13 to 79 KB out.',
  count: 600,
  bars: { process: 1.45 },
});
