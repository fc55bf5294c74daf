import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    // Most tests wait for workers most of the time, so that even two cores serve three files at once.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    globalSetup: './scripts/bundle.mjs',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What a test polls for may take long on a busy machine; the default is a second.
    expect: { poll: { timeout: 30_000 } },
    // Built packages load in Node itself, as they do for users: not through vite.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'scripts/test/*.test.mjs'],
          exclude: [
            ...['**/behaviour/**', '**/faults/**', '**/hosts/**', '**/servers/**', '**/browser/**'],
            '**/*.long.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'behaviour',
          include: ['packages/*/test/behaviour/**/*.test.ts', 'examples/test/**/*.test.ts'],
          exclude: ['**/*.slow.test.ts', '**/*.long.test.ts'],
        },
      },
      // Tests of seconds each: workers that stand still, memory that runs short, large pages. `npm run test:long`.
      {
        extends: true,
        test: { name: 'long', include: ['packages/*/test/**/*.long.test.ts'] },
      },
      // Behaviour that takes its time to be seen: `npm run test:slow`. Half of all behaviour tests' time, so not part of `npm test`.
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['packages/*/test/behaviour/**/*.slow.test.ts', 'examples/test/**/*.slow.test.ts'],
        },
      },
      // The fault matrix: `npm run faults`. Minutes of killing and waiting, so not part of `npm test`.
      {
        extends: true,
        test: { name: 'faults', include: ['packages/*/test/faults/**/*.test.ts'] },
      },
      // Clients of databases against the real servers, where these are installed: `npm run test:servers`.
      {
        extends: true,
        test: { name: 'servers', include: ['packages/*/test/servers/**/*.test.ts'] },
      },
      // Reports opened in headless Chromium: `npm run test:browser`. Skipped where none is installed.
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['packages/*/test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      // Bundlers, test runners, compilers, single executables, the snippets of the documentation: `npm run test:hosts`. Minutes, too.
      {
        extends: true,
        test: {
          name: 'hosts',
          include: ['packages/*/test/hosts/**/*.test.ts', 'scripts/test/hosts/*.test.mjs'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
