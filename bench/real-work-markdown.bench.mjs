// What does a pool make of real work: READMEs to HTML?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'markdown',
  what: 'Markdown to HTML',
  method: '300 READMEs of 1 to 60 KB through markdown-it and highlight.js; the text in, the text out.',
  count: 300,
});
