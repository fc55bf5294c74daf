import type { Advice, Finding } from '../../../model/finding.js';
import { type El, h } from '../../shared/node.js';
import { count, ms, share, withUnit } from '../../shared/numbers.js';
import { element, fill } from '../dom.js';
import type { View } from '../page.js';
import { details } from './parts.js';

export const findings: View = {
  id: 'findings',
  title: 'Findings',
  why: [
    'Order: by predicted saving; a risk comes first where it would fail soon. A finding that another one explains stands below it as a symptom.',
    'Each value of the evidence stands beside the threshold from which on its rule fires.',
  ],
  mount(host, page) {
    const { findings, notes, muted } = page.data.report;
    return {
      draw() {
        const explained = new Set(findings.flatMap(({ explains }) => explains));
        const causes = findings.filter(({ id }) => !explained.has(id));
        const symptoms = findings.filter(({ id }) => explained.has(id));
        fill(
          host,
          ...(findings.length === 0 ? [h('p', { class: 'empty' }, 'No finding passed the gate of materiality.')] : []),
          ...causes.map((finding) =>
            card(
              finding,
              symptoms.filter(({ id }) => finding.explains.includes(id)),
            ),
          ),
        );
        if (notes.length > 0)
          host.append(
            details(`${count(notes.length)} too small to act on`, ...notes.map((note) => element(card(note, [])))),
          );
        if (muted.length > 0)
          host.append(
            element(
              h('p', { class: 'note' }, `Muted: ${muted.map((each) => `${each.id} (${each.count})`).join(', ')}.`),
            ),
          );
      },
    };
  },
};

function card(finding: Finding, symptoms: readonly Finding[]): El {
  const { id, title, text, saving, failsInMs, confidence, scope, evidence, advice, explains } = finding;
  const place = Object.entries(scope).map(([key, value]) => `${key === 'workerId' ? 'worker' : key} ${String(value)}`);
  const gain =
    saving !== null
      ? h(
          'span',
          { class: 'gain' },
          `saves ${ms(saving.ms)} (${share(saving.share)})`,
          h('small', {}, ` ${ms(saving.ciMs[0])} to ${ms(saving.ciMs[1])}`),
        )
      : h(
          'span',
          { class: 'gain' },
          failsInMs === null ? '' : failsInMs === 0 ? 'fails now' : `fails in ${ms(failsInMs)}`,
        );
  return h(
    'article',
    { class: `finding finding-${finding.kind}` },
    h(
      'header',
      {},
      h('code', {}, id),
      h('b', {}, title),
      h('span', { class: 'scope', dir: 'auto' }, place.join(' · ')),
      gain,
      h('small', {}, `confidence ${confidence}`),
    ),
    h('p', {}, text),
    advice.length > 0 && h('ul', { class: 'advice' }, advice.map(adviceItem)),
    evidence.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, 'Evidence'),
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ['metric', 'value', 'fires from', 'source'].map((each) => h('th', {}, each)),
            ),
          ),
          h(
            'tbody',
            {},
            evidence.map((each) =>
              h(
                'tr',
                {},
                h('td', {}, each.metric),
                h('td', { class: 'n' }, withUnit(each.value, each.unit)),
                h('td', { class: 'n' }, each.threshold === null ? '–' : withUnit(each.threshold, each.unit)),
                h('td', {}, each.source),
              ),
            ),
          ),
        ),
      ),
    explains.length > 0 &&
      h(
        'p',
        { class: 'note' },
        `Explains ${explains.map((each) => `${each} ${symptoms.find((symptom) => symptom.id === each)?.title ?? ''}`.trim()).join(', ')}.`,
      ),
  );
}

function adviceItem({ text, option, value, now, isSet, at, command }: Advice): El {
  return h(
    'li',
    {},
    text,
    option !== undefined &&
      h('code', { class: 'option' }, value === undefined ? option : `${option}: ${JSON.stringify(value)}`),
    now !== undefined && h('small', {}, ` now ${JSON.stringify(now)}${isSet === true ? ', set by the program' : ''}`),
    at !== undefined && h('code', {}, ` ${at.functionName ?? ''} ${at.file}:${at.line}`),
    command !== undefined && h('pre', {}, command),
  );
}
