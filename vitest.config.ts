import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    globalSetup: './scripts/bundle-core.mjs',
    testTimeout: 60_000,
    // Built packages load in Node itself, as they do for users: not through vite.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'scripts/test/*.test.mjs'],
          exclude: ['**/behaviour/**', '**/faults/**', '**/hosts/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'behaviour',
          include: ['packages/*/test/behaviour/**/*.test.ts', 'examples/test/**/*.test.ts'],
        },
      },
      // The fault matrix: `npm run faults`. Minutes of killing and waiting, so not part of `npm test`.
      {
        extends: true,
        test: { name: 'faults', include: ['packages/*/test/faults/**/*.test.ts'] },
      },
      // Bundlers, test runners, compilers, single executables: `npm run test:hosts`. Minutes, too.
      {
        extends: true,
        test: {
          name: 'hosts',
          include: ['packages/*/test/hosts/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
