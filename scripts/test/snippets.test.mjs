import { describe, expect, test } from 'vitest';
import { extract } from '../snippets/extract.mjs';

/** A page with this code block in it. */
const block = (language, text, marker) =>
  `${marker === undefined ? '' : `<!-- ${marker} -->\n`}\`\`\`${language}\n${text}\n\`\`\`\n`;

describe('the snippets of a page', () => {
  test('are named by their first line, and what is called main, a test or a workload is a program', () => {
    const page = [
      '# Page\n',
      block('js', '// worker.mjs — every exported function is a handler\nexport const one = () => 1;'),
      block('js', '// main.mjs\nconsole.log(1);'),
      '## More\n',
      block('ts', '// one.test.ts'),
      block('yaml', '# load.yaml\nversion: 1'),
    ].join('\n');
    const { sections, problems, notRun } = extract(page);
    expect(problems).toEqual([]);
    expect(notRun).toEqual([]);
    expect(
      sections.map(({ heading, files, programs }) => [
        heading,
        files.map(({ name }) => name),
        programs.map(({ name }) => name),
      ]),
    ).toEqual([
      ['Page', ['worker.mjs', 'main.mjs'], ['main.mjs']],
      ['More', ['one.test.ts', 'load.yaml'], ['one.test.ts', 'load.yaml']],
    ]);
    expect(sections[0].files[1]).toEqual({ name: 'main.mjs', text: '// main.mjs\nconsole.log(1);\n', line: 8 });
  });

  test('need a name or a reason', () => {
    const page = block('js', 'pool.run();') + block('js', 'pool.run();', 'not run: part of a call');
    expect(extract(page)).toEqual({
      sections: [],
      problems: ['line 1: the first line names no file; say why the block is not run, or name it'],
      notRun: [{ line: 5, reason: 'part of a call' }],
    });
  });

  test('may say what they print', () => {
    const page = block('js', '// main.mjs\nconsole.log(1);') + block('text', '1', 'prints');
    expect(extract(page).sections[0].programs).toEqual([{ name: 'main.mjs', line: 1, prints: '1\n' }]);
    expect(extract(block('text', '1', 'prints')).problems).toEqual(['line 2: no program stands before this output']);
  });

  test('are neither commands nor output', () => {
    expect(extract(block('sh', 'npm test') + block('text', 'ok') + block('', 'ok')).problems).toEqual([]);
  });
});
