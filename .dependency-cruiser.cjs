// Which file may import which: the layers of docs/architecture.md, held by `npm run check:layers`.
// scripts/test/check-layers.test.mjs proves that each rule bites.

/** packages/core/src from the ground up. A folder imports from the rows below it, not from its neighbours. */
const ROWS = [
  ['base'],
  ['contract'],
  ['codec'],
  ['wire', 'sizing', 'limits'],
  ['transport'],
  ['task'],
  ['worker'],
  ['supervise', 'dispatch'],
  ['autoscale'],
  ['backend'],
  ['cache', 'shaping'], // what wraps a call stands above the backend: a pipeline of such steps will be a row here
  ['pool', 'wrap'],
];

const mayImport = new Map([
  ...ROWS.flatMap((row, level) => row.map((folder) => [folder, ROWS.slice(0, level).flat()])),
  // Runs inside a worker: the parent reaches it by URL, and it knows nothing of the parent's side.
  ['child', ['base', 'contract', 'codec', 'wire']],
]);

const CORE = '^packages/core/src/';
const oneOf = (folders) => `(${folders.join('|')})/`;

module.exports = {
  forbidden: [
    ...[...mayImport].map(([folder, lower]) => ({
      name: `layer-${folder}`,
      comment: `${folder}/ may import ${lower.length === 0 ? 'no other folder' : lower.join(', ')}.`,
      severity: 'error',
      from: { path: `${CORE}${folder}/` },
      to: { path: CORE, pathNot: CORE + oneOf([folder, ...lower]) },
    })),
    {
      name: 'no-import-of-child',
      comment: 'child/ runs in the worker; the parent starts it by URL and must not load it.',
      severity: 'error',
      from: { pathNot: `${CORE}child/` },
      to: { path: `${CORE}child/` },
    },
    {
      name: 'unknown-layer',
      comment:
        'A new folder needs a row in ROWS; at the root of core/src lie the entries alone: index.ts, internal.ts and worker.ts.',
      severity: 'error',
      from: { path: CORE, pathNot: [`${CORE}(index|internal|worker)\\.ts$`, CORE + oneOf([...mayImport.keys()])] },
      to: {},
    },
    {
      name: 'core-stands-alone',
      comment: 'core publishes to diagnostics channels; profiler and cli listen. It imports neither.',
      severity: 'error',
      from: { path: CORE },
      to: { path: ['^packages/(?!core/)', '^@millpond/'] },
    },
    {
      name: 'profiler-below-cli',
      severity: 'error',
      from: { path: '^packages/profiler/src/' },
      to: { path: ['^packages/cli/', '^@millpond/cli'] },
    },
    {
      name: 'packages-by-name',
      comment: 'Import another package as its users do: by its name, not by a relative path.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'nothing-that-is-gone',
      comment: 'A benchmark or a script names files of dist, which no compiler looks for.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, path: '^\\.' },
    },
    {
      name: 'no-cycle',
      comment:
        'Of two files that name each other neither can be read first, types included: what both need has a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true, // type imports obey the layers, and close cycles
    doNotFollow: { path: ['node_modules', '/dist/'] },
  },
};
