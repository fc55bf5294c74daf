import type { LiveReport } from '../live-state.js';
import { element, setLines, setText } from './elements.js';
import { ms, share } from './units.js';

const CLASSES: Readonly<Record<string, string>> = { healthy: 'good', bottleneck: 'warn', risk: 'bad' };

/** The first thing to know, and the step to take. */
export class VerdictView {
  readonly root: HTMLElement;
  readonly #sentence = element('p', { class: 'sentence' });
  readonly #step = element('p', { class: 'step' });
  readonly #age = element('p', { class: 'note' });
  readonly #findings = element('ol', { class: 'lines' });
  readonly #quality = element('ul', { class: 'lines note' });

  constructor() {
    this.root = element(
      ...(['section', { class: 'verdict', 'aria-label': 'Verdict' }] as const),
      // The rest changes all the time, and would be read aloud all the time.
      ...[element('h2', {}, 'Verdict'), element('div', { 'aria-live': 'polite' }, this.#sentence, this.#step)],
      ...[this.#findings, this.#age],
      element('details', {}, element('summary', {}, 'Data quality'), this.#quality),
    );
  }

  show(report: LiveReport | null, atMs: number): void {
    setText(this.#sentence, report?.verdict.sentence ?? 'There is no verdict yet.');
    setText(this.#step, report?.verdict.step ?? '');
    const kind = CLASSES[report?.verdict.kind ?? ''] ?? '';
    this.root.className = `verdict ${kind}`.trim();
    setLines(
      this.#findings,
      (report?.findings ?? []).map(({ id, title, text, confidence, saving, advice }) => {
        const gain = saving === null ? '' : ` Would save ${ms(saving.ms)} (${share(saving.share)}).`;
        return `${title} [${id}, confidence ${confidence}].${gain} ${text} ${advice[0]?.text ?? ''}`.trim();
      }),
    );
    setText(this.#age, report === null ? '' : `From measurements up to ${ms(Math.max(0, atMs - report.atMs))} ago.`);
    setLines(this.#quality, report?.quality.length ? report.quality : ['Nothing is missing.']);
  }
}
