import { findSourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { Buffer, readFileSync, statSync } from '../natives.js';
import type { Place } from './flame-tree.js';
import type { Frame } from './frame-table.js';

/** Most files whose maps are kept. */
const MOST_FILES = 500;
/** Larger files are not read for a report. */
const MOST_BYTES = 50 * 1024 * 1024;
/** The comment is at the end of a file. */
const COMMENT = /\/\/[#@] sourceMappingURL=(\S+)\s*$/;
const TAIL_CHARACTERS = 20 * 1024 * 1024;
const INLINE = /^data:application\/json[^,]*?(;base64)?,(.*)$/s;

/** Finds a position in the source of a file that was compiled. Line from 1, column from 0; undefined where none is known. */
type Mapping = (line: number, column: number) => { file: string; line: number; column: number } | undefined;

/**
 * Places in sources. Node knows the maps of this program's own modules under --enable-source-maps. All others are read: in the file,
 * or beside it. A place without a map stays what it is.
 */
export class SourceMaps {
  readonly #mappings = new Map<string, Mapping | undefined>();

  placeOf({ functionName, url, line, column }: Frame): Place {
    const file = pathOf(url);
    if (file === '' || line === 0) return { functionName, file, line, column };
    const found = this.#mappingOf(url, file)?.(line, Math.max(0, column - 1));
    if (found === undefined) return { functionName, file, line, column };
    return { functionName, file: found.file, line: found.line, column: found.column + 1 };
  }

  #mappingOf(url: string, file: string): Mapping | undefined {
    if (this.#mappings.has(file)) return this.#mappings.get(file);
    if (this.#mappings.size >= MOST_FILES) return undefined;
    const mapping = mappingOf(url, file);
    this.#mappings.set(file, mapping);
    return mapping;
  }
}

/** The path of a module; '' for code of Node or V8, and for code from text. */
export function pathOf(url: string): string {
  if (url.startsWith('file:')) {
    try {
      return fileURLToPath(url);
    } catch {
      // Another host, or an encoded slash: no file of this machine.
      return '';
    }
  }
  return url.startsWith('/') || /^[a-z]:\\/i.test(url) ? url : '';
}

function mappingOf(url: string, file: string): Mapping | undefined {
  try {
    return known(url, file) ?? read(file);
  } catch {
    // The file is gone, or its map is damaged. The place in the compiled file is shown.
    return undefined;
  }
}

/** From Node, which has read it. */
function known(url: string, file: string): Mapping | undefined {
  const map = findSourceMap(url) ?? findSourceMap(file);
  if (map === undefined) return undefined;
  return (line, column) => {
    const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column) as Entry;
    if (originalSource === undefined || originalLine === undefined) return undefined;
    return { file: sourcePath(originalSource, file), line: originalLine + 1, column: originalColumn ?? 0 };
  };
}

interface Entry {
  originalSource?: string;
  originalLine?: number;
  originalColumn?: number;
}

function read(file: string): Mapping | undefined {
  const json = mapIn(textOf(file).slice(-TAIL_CHARACTERS), file);
  if (json === undefined) return undefined;
  const map = new TraceMap(json);
  return (line, column) => {
    const found = originalPositionFor(map, { line, column });
    if (found.source === null) return undefined;
    return { file: sourcePath(found.source, file), line: found.line, column: found.column };
  };
}

function mapIn(code: string, file: string): string | undefined {
  const named = COMMENT.exec(code)?.[1];
  if (named === undefined) return undefined;
  const inline = INLINE.exec(named);
  if (inline === null) return textOf(resolve(dirname(file), decodeURIComponent(named)));
  const [, isBase64, data = ''] = inline;
  return isBase64 === undefined ? decodeURIComponent(data) : Buffer.from(data, 'base64').toString('utf8');
}

function textOf(file: string): string {
  if (statSync(file).size > MOST_BYTES) throw new RangeError(`${file} is too large to be read.`);
  return readFileSync(file, 'utf8');
}

/** Sources are named by URL, or by a path from the compiled file. */
function sourcePath(source: string, file: string): string {
  const path = pathOf(source);
  return path === '' ? resolve(dirname(file), source) : path;
}
