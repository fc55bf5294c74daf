import { describe, expect, it } from 'vitest';
import { mdCode, mdText } from '../../src/format/markdown.js';
import { toMarkdown } from '../../src/output/to-markdown.js';
import { CONTROL, LONE, reportsByName } from '../support/all-reports.js';
import { richReport } from '../support/rich-report.js';

/** Tags that the report itself writes. */
const OWN_TAGS = /<\/?(?:details|summary|sub|br|code)>|<!-- -->/g;

describe('the Markdown of a report', () => {
  it.each(reportsByName())('has no markup but its own, and tables whose rows are complete: %s', (_, report) => {
    const text = toMarkdown(report);
    expect(text.length).toBeLessThan(65_536);
    expect(text).not.toMatch(CONTROL);
    expect(text).not.toMatch(LONE);
    expect(text.replace(OWN_TAGS, '')).not.toMatch(/[<>]/);
    // Mentions, references and links of names are broken or within code.
    expect(text.replace(/<code>.*?<\/code>/g, '')).not.toMatch(/[@#]\w|:\/\/\w|^\s*#(?!## )/m);
    const blocks = text.split('\n\n').filter((block) => block.startsWith('| '));
    for (const block of blocks) {
      const columns = block.split('\n').map((row) => row.replaceAll('\\|', '').split('|').length);
      expect(new Set(columns).size, block).toBe(1);
    }
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  });

  it('says the verdict, the step, and what to do, before any table of numbers', () => {
    const text = toMarkdown(richReport());
    expect(text.startsWith('### Cause in resize.\n\n**Next:** Change resize.\n\n| # | finding | gain | do |')).toBe(
      true,
    );
    expect(text).toMatch(
      'Move resize off.<br><code>prefetch&#58; 2 &#40;now &quot;auto&quot;&#41;</code><br>at <code>/app/src/plan.ts&#58;88',
    );
    expect(text.indexOf('<details>')).toBeGreaterThan(text.indexOf('| 2 |'));
  });

  it.each([
    ['# heading', '\\# heading'],
    ['1. list', '\\1. list'],
    ['a * b _c_ `d`', 'a \\* b \\_c\\_ \\`d\\`'],
    ['<b> & "c"', '&lt;b&gt; &amp; "c"'],
    ['@user #12 http://x', '@<!-- -->user #<!-- -->12 http:<!-- -->//x'],
    ['[a](b) | c', '\\[a\\](b) \\| c'],
  ])('%s as prose reads %s', (text, safe) => expect(mdText(text)).toBe(safe));

  it('keeps code as it is, whatever it has', () => {
    const decoded = mdCode('a`|*_<b>&@x\\')
      .replace(/^<code>|<\/code>$/g, '')
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
    expect(decoded).toBe('a`|*_<b>&@x\\');
  });
});
