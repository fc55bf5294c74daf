// Rolls the types of each entry into one file, and records what a package offers (docs/decisions/0019-packages.md).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

/** Settings of a user's compiler: the output of tsc, and other packages by their names. */
const COMPILER = {
  target: 'ES2022',
  lib: ['ES2023', 'ESNext.Disposable'],
  types: ['node'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
};

/** @param entries files of types, by the files in dist/ of the same name: TypeScript tells modules apart by names */
export async function rollTypes({ folder, dist, entries }) {
  const work = mkdtempSync(join(tmpdir(), 'millpond-types-'));
  const files = {};
  try {
    for (const [entry, outputs] of Object.entries(entries)) {
      const { types, report } = roll({ folder, input: join(dist, `${entry}.d.ts`), work });
      for (const output of outputs) files[`dist/bundle/${output}`] = types;
      // Exports for packages of this project only may change with any version.
      if (entry !== 'internal') files[`dist/api/${entry}.api.md`] = report;
    }
  } finally {
    rmSync(work, { recursive: true });
  }
  return { files };
}

function roll({ folder, input, work }) {
  const types = join(work, 'types.d.ts');
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: input,
      compiler: { overrideTsconfig: { compilerOptions: COMPILER, files: [input] } },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: 'report.api.md',
        reportFolder: work,
        reportTempFolder: work,
      },
      docModel: { enabled: false },
      tsdocMetadata: { enabled: false },
      dtsRollup: { enabled: true, untrimmedFilePath: types },
      newlineKind: 'lf',
    },
  });
  const errors = [];
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      if (message.logLevel === 'error') errors.push(message.formatMessageWithLocation(folder));
      // Typedoc and the linter check comments. A type without a name of its own is written out in both files.
      message.logLevel = 'none';
    },
  });
  if (!succeeded || errors.length > 0)
    throw new Error(`The types of ${input} cannot be rolled up:\n${errors.join('\n')}`);
  return { types: readFileSync(types, 'utf8'), report: readFileSync(join(work, 'report.api.md'), 'utf8') };
}
