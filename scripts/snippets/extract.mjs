// Finds the files in a page of documentation, and the programs among them.
//
// A code block is a file when its first line names it: `// worker.mjs`, `# load.yaml`. More may follow the name, after a dash.
// The files of a page share one folder. A section (from heading to heading) is written as a whole; then its programs run in order.
// `<!-- not run: REASON -->` before a block leaves it out; `<!-- prints -->` before a text block gives the output of the last program.

/** Languages that a reader would copy into a file. Commands and output have others (sh, text, dockerfile). */
const CODE = new Set(['js', 'mjs', 'cjs', 'ts', 'mts', 'cts', 'json', 'yaml', 'javascript', 'typescript']);
const NAME = /^(?:\/\/|#) (?<name>(?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.(?:[mc]?[jt]s|ya?ml|json))(?=[\s:—-])/;
const PROGRAM = /^(?:main[\w.-]*\.[mc]?[jt]s|[\w.-]+\.test\.[mc]?[jt]s|[\w.-]+\.yaml)$/;

/**
 * @typedef {{ name: string, text: string, line: number }} File
 * @typedef {{ name: string, line: number, prints?: string }} Program
 * @typedef {{ heading: string, files: File[], programs: Program[] }} Section
 * @param {string} page Markdown
 * @returns {{ sections: Section[], notRun: { line: number, reason: string }[], problems: string[] }}
 */
export function extract(page) {
  const sections = [{ heading: '', files: [], programs: [] }];
  const notRun = [];
  const problems = [];
  for (const { heading, marker, language, text, line } of blocksOf(page)) {
    if (heading !== undefined) {
      sections.push({ heading, files: [], programs: [] });
      continue;
    }
    const section = sections.at(-1);
    if (marker === 'prints') {
      const last = section.programs.at(-1);
      if (last === undefined) problems.push(`line ${line}: no program stands before this output`);
      else last.prints = text;
    } else if (marker?.startsWith('not run: ')) {
      notRun.push({ line, reason: marker.slice('not run: '.length) });
    } else if (marker !== undefined) {
      problems.push(`line ${line}: unknown marker "${marker}"`);
    } else if (CODE.has(language)) {
      const name = NAME.exec(text)?.groups.name;
      if (name === undefined) {
        problems.push(`line ${line}: the first line names no file; say why the block is not run, or name it`);
        continue;
      }
      section.files.push({ name, text, line });
      if (PROGRAM.test(name)) section.programs.push({ name, line });
    }
  }
  return { sections: sections.filter(({ files }) => files.length > 0), notRun, problems };
}

/** Headings and code blocks in order, each block with the marker on the line before it. */
function* blocksOf(page) {
  const lines = page.split('\n');
  let marker;
  for (let at = 0; at < lines.length; at++) {
    const fence = /^(?<ticks>`{3,})(?<language>\w*)/.exec(lines[at]);
    if (fence === null) {
      const heading = /^#+ (?<text>.*)/.exec(lines[at])?.groups.text;
      if (heading !== undefined) yield { heading };
      marker = /^<!-- (?<text>not run: .+|prints) -->$/.exec(lines[at])?.groups.text;
      continue;
    }
    const { ticks, language } = fence.groups;
    const end = lines.indexOf(ticks, at + 1);
    if (end === -1) throw new Error(`line ${at + 1}: the code block has no end`);
    yield { marker, language, text: `${lines.slice(at + 1, end).join('\n')}\n`, line: at + 1 };
    marker = undefined;
    at = end;
  }
}
