import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../src/exit-codes.js';
import { workloadJsonSchema } from '../src/workload/schema.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
/** A line of code may begin as a heading does. */
const PROSE = README.replace(/^```[^]*?^```$/gm, '');
const section = (title: string): string => PROSE.split(/^#+ /m).find((part) => part.startsWith(title)) ?? '';

describe('the README', () => {
  const { properties } = workloadJsonSchema() as { properties: Record<string, { properties?: object }> };

  it.each([
    ['`input`', 'input'],
    ['`pool`', 'pool'],
  ])('describes every key of %s', (title, key) => {
    for (const name of Object.keys(properties[key]?.properties ?? {})) expect(section(title)).toContain(`\`${name}`);
  });

  it('describes every section of a workload file', () => {
    for (const name of Object.keys(properties).filter((key) => key !== '$schema'))
      expect(section('Workload file')).toContain(`\`${name}`);
  });

  it('describes every exit code', () => {
    for (const code of Object.values(EXIT))
      expect(section('Exit codes')).toMatch(new RegExp(`^\\|.*\\b${code}\\b.*\\|`, 'm'));
  });
});
