import { expect, it } from 'vitest';
import { bundleFile } from '../../src/transport/bundle-file.js';

it('says what to do about a file that was not built', () => {
  // Beside the sources there are no bundles.
  expect(() => bundleFile('process-entry.cjs')).toThrow(
    /bundle[\\/]process-entry\.cjs is missing\. In a checkout, run `npm run build`; else install @millpond\/core again\./,
  );
});
