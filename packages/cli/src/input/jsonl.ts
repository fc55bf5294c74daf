import type { ByteSource } from './byte-source.js';
import type { InputSource, SourceItem } from './source.js';
import type { Line } from './split-lines.js';
import { splitLines } from './split-lines.js';

/** Each line of a JSON Lines text, parsed. Ids are line numbers from 1. A bad line is a bad item; reading goes on. */
export function openJsonl(bytes: ByteSource): InputSource {
  return {
    description: `JSON lines of ${bytes.label}`,
    total: undefined,
    files: bytes.path === undefined ? [] : [bytes.path],
    async *items(): AsyncGenerator<SourceItem> {
      for await (const line of splitLines(bytes.chunks())) {
        if ('text' in line && line.text.trim() === '') continue;
        yield toItem(line, bytes.label);
      }
    },
    close: () => bytes.close(),
  };
}

function toItem(line: Line, label: string): SourceItem {
  const id = line.number;
  if ('problem' in line) return { id, problem: `${label}:${id}: the line ${line.problem}.` };
  try {
    return { id, value: JSON.parse(line.text) as unknown };
  } catch (error) {
    return { id, problem: `${label}:${id}: the line is not valid JSON: ${(error as Error).message}.` };
  }
}
