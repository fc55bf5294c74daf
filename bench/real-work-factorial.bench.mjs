// What does a pool make of real work: factorials?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'factorial',
  what: 'factorial(1000)',
  method:
    '4,000 × factorial(1000), as in poolifier’s public benchmark; a small object in, an object with a BigInt out.',
  count: 4000,
  serialization: 'advanced',
  hasQuickPeers: true,
  bars: { process: 1.2, thread: 1.15 },
});
