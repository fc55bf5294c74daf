import type { ByteSource } from './byte-source.js';
import type { InputSource, SourceItem } from './source.js';
import { splitLines } from './split-lines.js';

/** The lines of a text as strings, without empty ones. Ids are line numbers from 1. */
export function openLines(bytes: ByteSource): InputSource {
  return {
    description: `lines of ${bytes.label}`,
    total: undefined,
    files: bytes.path === undefined ? [] : [bytes.path],
    async *items(): AsyncGenerator<SourceItem> {
      for await (const line of splitLines(bytes.chunks())) {
        if ('text' in line) yield { id: line.number, value: line.text };
        else yield { id: line.number, problem: `${bytes.label}:${line.number}: the line ${line.problem}.` };
      }
    },
    close: () => bytes.close(),
  };
}
