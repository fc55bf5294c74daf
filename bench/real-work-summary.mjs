// Sums up the questions about real work. One row for each client: against the ideal, and against the best dynamic peer.
import { isDynamic, named, ours } from './goals.mjs';
import { PLURAL } from './kinds.mjs';
import { number, row } from './table.mjs';

const KINDS = Object.keys(PLURAL);

/**
 * @param results of all benchmarks, as in results/
 * @returns for each client the times without a pool, and by kind of workers of Millpond and the best dynamic peer.
 * Each is `{ median, min, max }`, undefined where a contestant has no result.
 */
export function realWorkOf(results) {
  return results.filter(({ group }) => group?.name === 'real-work').map(clientOf);
}

/** As a table of Markdown; each client is a link to its section. */
export function renderRealWork(clients) {
  const head = [
    '',
    'plain loop, ms',
    ...KINDS.flatMap((kind) => [`${PLURAL[kind]}, ms`, '× ideal', '÷ best dynamic peer']),
  ];
  const rows = clients.map(({ id, label, loop, ideal, kinds }) => [
    `[${label}](#${id})`,
    cell(loop?.median),
    ...kinds.flatMap(({ us, peer }) => [
      cell(us?.median),
      cell(ratio(us, ideal)),
      peer === undefined ? '–' : `${cell(ratio(us, peer))} (${peer.name})`,
    ]),
  ]);
  return [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows].map(row).join('\n');
}

/** A result for chart.mjs: Millpond and the best dynamic peer of each client, both as multiples of the ideal. */
export function realWorkChart(clients, settings) {
  const bar = (client, name, role, who) => ({
    name,
    role,
    results: Object.fromEntries(client.kinds.map((each, index) => [KINDS[index], scaled(each[who], client.ideal)])),
  });
  const isComplete = ({ ideal, kinds }) => ideal !== undefined && kinds.every(({ us, peer }) => us && peer);
  return {
    question: 'What does a pool make of real work?',
    metrics: KINDS.map((kind) => ({ key: kind, unit: `time ÷ ideal, ${PLURAL[kind]}`, better: 'lower' })),
    contestants: clients
      .filter(isComplete)
      .flatMap((client) => [
        bar(client, `${client.label}: Millpond`, 'subject', 'us'),
        bar(client, 'the best dynamic peer', 'peer', 'peer'),
      ]),
    settings,
  };
}

/** @returns `[least, most]` of Millpond's time as a multiple of that of the best dynamic peer; undefined without results */
export function rangeToPeers(clients) {
  const ratios = clients
    .flatMap(({ kinds }) => kinds.map(({ us, peer }) => ratio(us, peer)))
    .filter((each) => each !== undefined);
  return ratios.length === 0 ? undefined : [Math.min(...ratios), Math.max(...ratios)];
}

function clientOf({ id, group, contestants, metrics: [{ key }] }) {
  const best = (isMeant) =>
    contestants
      .filter((each) => each.results !== undefined && isMeant(each))
      .map(({ name, results }) => ({ name, ...results[key] }))
      .sort((a, b) => a.median - b.median)[0];
  return {
    id,
    label: group.label,
    loop: best(named('plain loop')),
    ideal: best(named(group.reference)),
    kinds: KINDS.map((kind) => ({ us: best(ours(kind)), peer: withoutKind(best(isDynamic(kind)), kind) })),
  };
}

function withoutKind(peer, kind) {
  return peer && { ...peer, name: peer.name.replace(` ${PLURAL[kind]}`, '') };
}

function ratio(time, other) {
  return time === undefined || other === undefined ? undefined : time.median / other.median;
}

function scaled({ median, min, max }, by) {
  return { median: median / by.median, min: min / by.median, max: max / by.median };
}

function cell(value) {
  return value === undefined ? '–' : number(value);
}
