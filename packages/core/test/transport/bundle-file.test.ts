import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundleFile, bundleMissing } from '../../src/transport/bundle-file.js';

describe('a file that workers start with', () => {
  it('is found in the package where this code lies elsewhere', () => {
    // Beside the sources there are no bundles.
    const url = bundleFile('process-entry.cjs');
    expect(url.pathname).toMatch(/\/dist\/bundle\/process-entry\.cjs$/);
    expect(existsSync(url)).toBe(true);
  });

  it.each(['dist/bundle/index.js', 'dist/bundle/index.cjs', 'dist/transport/bundle-file.js'])(
    'that was not built is named by %s, with what to do',
    (file) => {
      expect(bundleMissing('process-entry.cjs', `file:///home/me/project/packages/core/${file}`).message).toBe(
        '/home/me/project/packages/core/dist/bundle/process-entry.cjs is missing. In a checkout, run `npm run build`; else install ' +
          '@millpond/core again.',
      );
    },
  );

  it('and is not beside a bundled program is explained by that, with what to do for each bundler', () => {
    const { message } = bundleMissing('thread-entry.cjs', 'file:///app/dist/main.js');
    expect(message).toMatch(
      /The program \/app\/dist\/main\.js has @millpond\/core bundled into it, and thread-entry\.cjs/,
    );
    for (const bundler of ['esbuild --external:', 'rolldown', 'rollup', 'vite ssr', 'webpack externals']) {
      expect(message).toMatch(bundler);
    }
  });
});
