// Rules of English that a script can check. They refuse puzzling words and long sentences.
import ts from 'typescript';

/** Most words of a sentence. */
export const MOST_WORDS = 20;

/** Words that stand where a named thing belongs. */
const PUZZLING = [
  /\bnobody\b/i,
  /\bnoone\b|\bno one\b/i,
  /\bwhoever\b/i,
  /\bwhosoever\b/i,
  /\bso (?:many|much)\b/i,
  /\b(?:is|are|was|were|be|been|being) told\b/i,
  /\btaken for\b/i,
  /\bsuch (?:a|an)? ?(?:one|ones)\b/i,
];

/** A sentence that breaks a rule: where it begins, what it says, and which rule. */
export function faultsOfSentences(text) {
  const faults = [];
  for (const { sentence, line } of sentencesOf(text)) {
    const word = PUZZLING.map((pattern) => pattern.exec(sentence)?.[0]).find((match) => match !== undefined);
    if (word !== undefined) faults.push({ line, sentence, rule: `"${word}" names no thing` });
    const count = wordsOf(sentence);
    if (count > MOST_WORDS) faults.push({ line, sentence, rule: `${count} words, ${MOST_WORDS} at most` });
  }
  return faults;
}

/** Words as a reader counts them: code, a link's address and a figure with its unit are one word each. */
function wordsOf(sentence) {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** Sentences of plain paragraphs; each with the line on which its paragraph begins, plus the lines before it. */
function sentencesOf(paragraphs) {
  return paragraphs.flatMap(({ text, line }) => {
    const plain = plainOf(text);
    return plain
      .split(/(?<=[.!?]["')\]*]*)\s+(?=[^a-z\s])/)
      .map((sentence) => ({ sentence: sentence.trim(), line }))
      .filter(({ sentence }) => sentence !== '');
  });
}

/** Markup as one word each. */
function plainOf(text) {
  return text
    .replace(/`{1,3}[^`]+`{1,3}/g, 'Code')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\{@\w+ ([^}]*)\}/g, 'Code')
    .replace(/https?:\/\/\S+/g, 'Address')
    .replace(/\b(?:e\.g|i\.e|cf|vs|etc)\./g, (match) => match.replaceAll('.', ''))
    .replace(/\s+/g, ' ');
}

/**
 * Paragraphs of a Markdown text, without code blocks. Each cell of a table and each item of a list is one. A cell may list what was
 * measured, so there a semicolon ends a part.
 */
export function paragraphsOfMarkdown(source) {
  const paragraphs = [];
  let open;
  let isCode = false;
  const close = () => {
    if (open !== undefined) paragraphs.push(open);
    open = undefined;
  };
  for (const [index, line] of source.split('\n').entries()) {
    if (/^\s*(?:```|~~~)/.test(line)) {
      isCode = !isCode;
      close();
      continue;
    }
    if (isCode || /^\s*<!--/.test(line) || (/^(?: {4}|\t)\S/.test(line) && open === undefined)) continue;
    if (/^\s*$/.test(line)) close();
    else if (/^\s*\|/.test(line)) {
      close();
      for (const cell of line.split(/(?<!\\)\|/))
        if (!/^[\s:-]*$/.test(cell)) for (const text of cell.split(';')) paragraphs.push({ text, line: index + 1 });
    } else if (/^\s*(?:#{1,6}|[-*+]|\d+\.|>)\s/.test(line)) {
      close();
      open = { text: line.replace(/^\s*(?:#{1,6}|[-*+]|\d+\.|>)\s+/, ''), line: index + 1 };
      if (/^\s*#/.test(line)) close();
    } else if (open === undefined) open = { text: line, line: index + 1 };
    else open.text += ` ${line.trim()}`;
  }
  close();
  return paragraphs;
}

/** Paragraphs of the comments of a TypeScript or JavaScript source. */
export function paragraphsOfComments(source) {
  const paragraphs = [];
  for (const { text, line } of commentsOf(source)) {
    let open;
    let isCode = false;
    const close = () => {
      if (open !== undefined) paragraphs.push(open);
      open = undefined;
    };
    for (const [index, raw] of text.split('\n').entries()) {
      const content = raw.replace(/^\s*(?:\/\*+|\*\/|\*|\/\/)?/, '').replace(/\*\/\s*$/, '');
      if (/^\s*```/.test(content)) {
        isCode = !isCode;
        close();
      } else if (isCode) continue;
      // A table or a piece of layout: indented, or in columns.
      else if (/^\s*$/.test(content) || /^ {3,}\S/.test(content) || /\S {3,}\S/.test(content)) close();
      else if (/^\s*(?:@\w+|[-*]\s|\d+\.\s)/.test(content)) {
        close();
        open = {
          text: content.replace(/^\s*(?:@(?:param|typeParam)\s+\S+|@\w+|[-*]|\d+\.)\s*/, ''),
          line: line + index,
        };
      } else if (open === undefined) open = { text: content.trim(), line: line + index };
      else open.text += ` ${content.trim()}`;
    }
    close();
  }
  return paragraphs;
}

/** Comments, those of neighbouring lines as one. */
function commentsOf(source) {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found = new Map();
  const visit = (node) => {
    for (const ranges of [
      ts.getLeadingCommentRanges(source, node.pos),
      ts.getTrailingCommentRanges(source, node.end),
    ]) {
      for (const { pos, end } of ranges ?? []) found.set(pos, end);
    }
    ts.forEachChild(node, visit);
    for (const token of node.getChildren(file))
      if (token.kind <= ts.SyntaxKind.LastToken) {
        for (const { pos, end } of ts.getLeadingCommentRanges(source, token.pos) ?? []) found.set(pos, end);
      }
  };
  visit(file);
  const comments = [];
  for (const [pos, end] of [...found].sort(([a], [b]) => a - b)) {
    const text = source.slice(pos, end);
    if (/^\/\/ ?(?:eslint|@ts|prettier|#)/.test(text) || /^\/\* ?(?:eslint|v8)/.test(text)) continue;
    const line = file.getLineAndCharacterOfPosition(pos).line + 1;
    const last = comments.at(-1);
    const isNext = last !== undefined && text.startsWith('//') && last.isLine && last.endLine + 1 === line;
    if (isNext) {
      last.text += `\n${text}`;
      last.endLine = line;
    } else
      comments.push({
        text,
        line,
        isLine: text.startsWith('//'),
        endLine: file.getLineAndCharacterOfPosition(end).line + 1,
      });
  }
  return comments;
}
