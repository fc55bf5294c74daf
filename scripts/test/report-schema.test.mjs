import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reportSchemaText, SCHEMA_FILE } from '../report-schema.mjs';

it('the schema of a report is that of the types: node scripts/report-schema.mjs writes it anew', async () => {
  expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(await reportSchemaText());
}, 120_000);
