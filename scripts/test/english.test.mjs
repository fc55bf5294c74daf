import { describe, expect, test } from 'vitest';
import { faultsOfSentences, MOST_WORDS, paragraphsOfComments, paragraphsOfMarkdown } from '../english.mjs';

const words = (count) => `${Array.from({ length: count }, (_, at) => `word${at}`).join(' ')}.`;
const rulesOf = (paragraphs) => faultsOfSentences(paragraphs).map(({ line, rule }) => `${line}: ${rule}`);

describe('a sentence', () => {
  test.each([
    ['may have as many words as the rule allows', words(MOST_WORDS), []],
    ['may have no more', words(MOST_WORDS + 1), [`1: ${MOST_WORDS + 1} words, ${MOST_WORDS} at most`]],
    [
      'ends with a full stop, not with a colon',
      `${words(15).replace('.', ':')} ${words(15)}`,
      ['1: 30 words, 20 at most'],
    ],
    ['counts code, however long, as one word', `Calls \`${words(30)}\` once.`, []],
    [
      'counts the text of a link, not its address',
      `See [the ${words(17)}](https://example.org/${'a-b/'.repeat(30)})`,
      [],
    ],
    ['names things', 'Nobody waits for so many tasks.', ['1: "Nobody" names no thing']],
  ])('%s', (_what, text, expected) => {
    expect(rulesOf(paragraphsOfMarkdown(text))).toEqual(expected);
  });
});

describe('of a page', () => {
  test('code blocks are left out; items and cells stand for themselves', () => {
    const page = [
      '# Head',
      '',
      '```',
      words(40),
      '```',
      '',
      `- ${words(15)}`,
      `- ${words(15)}`,
      '',
      `| ${words(15)} | ${words(21)} |`,
    ];
    expect(rulesOf(paragraphsOfMarkdown(page.join('\n')))).toEqual(['10: 21 words, 20 at most']);
  });

  test('a sentence may go over several lines', () => {
    expect(rulesOf(paragraphsOfMarkdown(`${words(12).replace('.', '')}\n${words(12)}`))).toEqual([
      '1: 24 words, 20 at most',
    ]);
  });
});

describe('of a source', () => {
  test('comments count, and strings do not', () => {
    const source = [
      `const text = '${words(30)}'; // ${words(3)}`,
      `/** ${words(21)} */`,
      `// ${words(12).replace('.', '')}`,
      `// ${words(12)}`,
      'call();',
    ];
    expect(rulesOf(paragraphsOfComments(source.join('\n')))).toEqual([
      '2: 21 words, 20 at most',
      '3: 24 words, 20 at most',
    ]);
  });

  test('tags and drawings are no sentences', () => {
    const source = [
      '/**',
      ` * @param name ${words(5)}`,
      ` * @returns ${words(18)}`,
      ' *     a drawing    of     columns',
      ' */',
      'call();',
    ];
    expect(rulesOf(paragraphsOfComments(source.join('\n')))).toEqual([]);
  });
});
