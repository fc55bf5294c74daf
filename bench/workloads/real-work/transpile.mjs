// TypeScript to JavaScript, file by file.
import ts from 'typescript';
import { textsOf } from './corpus.mjs';

const OPTIONS = { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } };

export function inputs(count) {
  const isMeant = (name) => /(?<!\.d)\.ts$/.test(name);
  return textsOf({ folders: ['zod', 'schema-utils', 'ajv-formats', 'ajv'], isMeant, bytes: [2_000, 20_000], count });
}

export function work(source) {
  return ts.transpileModule(source, OPTIONS).outputText;
}
