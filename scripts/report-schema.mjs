// Makes the JSON Schema of a profiler's report from the types that the code is compiled with: packages/profiler/src/model/. Writes it to
// packages/profiler/report.schema.json, which users import. A test makes it again and compares, so that file and types cannot drift.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import prettier from 'prettier';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const SCHEMA_FILE = join(ROOT, 'packages/profiler/report.schema.json');
const MODEL = join(ROOT, 'packages/profiler/src/model/report-data.ts');

/** The file as it must be. */
export async function reportSchemaText() {
  const options = await prettier.resolveConfig(SCHEMA_FILE);
  return prettier.format(JSON.stringify(reportSchema()), { ...options, parser: 'json' });
}

/** JSON Schema, draft 2020-12. It allows further fields, because a newer version of the package may add some. */
function reportSchema() {
  const program = ts.createProgram([MODEL], compilerOptions());
  const checker = program.getTypeChecker();
  const declared = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(MODEL)));
  const root = checker.getDeclaredTypeOfSymbol(declared.find(({ name }) => name === 'ReportData'));
  const $defs = {};
  const body = new Writer(checker, $defs).object(root);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:millpond:profiler:report:2',
    title: 'Report of @millpond/profiler, version 2',
    ...body,
    $defs: Object.fromEntries(Object.entries($defs).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function compilerOptions() {
  const file = join(ROOT, 'packages/profiler/tsconfig.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(ROOT, 'packages/profiler'));
  return { ...options, composite: false, noEmit: true };
}

class Writer {
  #checker;
  #defs;
  constructor(checker, defs) {
    this.#checker = checker;
    this.#defs = defs;
  }

  /** The schema of a type. Named types are written once, and referred to. */
  of(type) {
    const name = this.#nameOf(type);
    if (name === undefined) return this.#inline(type);
    if (!(name in this.#defs)) {
      this.#defs[name] = {}; // holds the place, should it contain itself
      this.#defs[name] = { ...describe(this.#checker, type.aliasSymbol ?? type.symbol), ...this.#inline(type) };
    }
    return { $ref: `#/$defs/${name}` };
  }

  #nameOf(type) {
    const symbol = type.aliasSymbol ?? (type.isClassOrInterface() ? type.symbol : undefined);
    if (symbol === undefined || type.aliasTypeArguments !== undefined) return undefined;
    // The names of the library, as Record or Array, say nothing to a reader of the schema.
    const isOurs = symbol.declarations?.some((each) => !/[\\/]node_modules[\\/]/.test(each.getSourceFile().fileName));
    return isOurs ? symbol.name : undefined;
  }

  #inline(type) {
    const { flags } = type;
    if (flags & ts.TypeFlags.StringLiteral || flags & ts.TypeFlags.NumberLiteral) return { const: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) return { const: type.intrinsicName === 'true' };
    if (flags & ts.TypeFlags.String) return { type: 'string' };
    if (flags & ts.TypeFlags.Number) return { type: 'number' };
    if (flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (flags & ts.TypeFlags.TemplateLiteral) return this.#template(type);
    if (type.isUnion()) return this.#union(type.types);
    if (this.#checker.isTupleType(type)) return this.#tuple(type);
    if (this.#checker.isArrayType(type)) {
      return { type: 'array', items: this.of(this.#checker.getTypeArguments(type)[0]) };
    }
    if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return this.object(type);
    throw new Error(`report-schema: no rule for the type ${this.#checker.typeToString(type)}`);
  }

  #template({ texts, types }) {
    if (types.some((each) => !(each.flags & ts.TypeFlags.Number)))
      throw new Error('report-schema: a template of texts');
    return { type: 'string', pattern: `^${texts.join('\\d+')}$` };
  }

  #union(types) {
    const parts = types.filter((each) => !(each.flags & ts.TypeFlags.Undefined));
    if (parts.every((each) => each.isStringLiteral() || each.isNumberLiteral())) {
      // Sorted, because the compiler's own order depends on what it met first.
      return { enum: parts.map((each) => each.value).sort() };
    }
    const rest = parts.filter((each) => !(each.flags & ts.TypeFlags.BooleanLiteral));
    const schemas = rest.map((each) => this.of(each));
    if (rest.length < parts.length) schemas.push({ type: 'boolean' });
    if (schemas.length === 1) return schemas[0];
    const areSimple = schemas.every((each) => Object.keys(each).join() === 'type');
    return areSimple ? { type: schemas.map((each) => each.type) } : { anyOf: schemas };
  }

  #tuple(type) {
    const items = this.#checker.getTypeArguments(type).map((each) => this.of(each));
    return { type: 'array', prefixItems: items, items: false, minItems: items.length };
  }

  /** In the order of their declaration; those of a record by a union of names have none, and are sorted. */
  #propertiesOf(type) {
    const properties = this.#checker.getPropertiesOfType(type);
    const isRecord = (type.objectFlags ?? 0) & ts.ObjectFlags.Mapped;
    return isRecord ? properties.sort((a, b) => (a.name < b.name ? -1 : 1)) : properties;
  }

  object(type) {
    const index = this.#checker.getIndexInfosOfType(type)[0];
    const properties = {};
    const required = [];
    for (const property of this.#propertiesOf(type)) {
      const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      if (!isOptional) required.push(property.name);
      const own = this.of(this.#checker.getTypeOfSymbol(property));
      properties[property.name] = { ...describe(this.#checker, property), ...own };
    }
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required } : {}),
      ...(index === undefined ? {} : { additionalProperties: this.of(index.type) }),
    };
  }
}

/** The comment of a declaration. A name of a package in it, as `@millpond/core`, looks like a tag to the compiler. */
function describe(checker, symbol) {
  const tags = symbol?.getJsDocTags(checker) ?? [];
  const text = [
    ts.displayPartsToString(symbol?.getDocumentationComment(checker) ?? []),
    ...tags.map((tag) => `@${tag.name}${ts.displayPartsToString(tag.text)}`),
  ].join(' ');
  const plain = text.replace(/\s+/g, ' ').trim();
  return plain === '' ? {} : { description: plain };
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  writeFileSync(SCHEMA_FILE, await reportSchemaText());
}
