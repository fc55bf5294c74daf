// READMEs to HTML, with their code in colours.
import hljs from 'highlight.js';
import markdownIt from 'markdown-it';
import { textsOf } from './corpus.mjs';

const markdown = markdownIt({ html: true, linkify: true, highlight });

export function inputs(count) {
  return textsOf({ folders: [''], isMeant: (name) => /^readme\.md$/i.test(name), bytes: [1_000, 60_000], count });
}

export function work(text) {
  return markdown.render(text);
}

function highlight(code, language) {
  return hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : '';
}
