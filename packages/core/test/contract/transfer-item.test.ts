import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('is named by no type that some version of @types/node lacks', () => {
  const sources = fileURLToPath(new URL('../../src', import.meta.url));
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  // 20 has TransferListItem alone in its earlier releases, 26 has Transferable alone.
  const naming = files.filter((file) => /\bTransfer(ListItem|able)\b/.test(readFileSync(join(sources, file), 'utf8')));
  expect(naming).toEqual([]);
});
