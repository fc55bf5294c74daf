// Formats the outcomes for the terminal and for docs/faults.md.
import { row } from '../table.mjs';
import { CONTESTANTS } from './contestants.mjs';
import { FAULTS } from './faults.mjs';
import { FAULTS_OF_OTHERS } from './innocents.mjs';
import { FINE, verdict } from './verdict.mjs';

/** Most characters of a message. */
const WORDS = 60;

/** @param results fault → contestant → outcomes, one for each run. @returns Markdown */
export function renderPage({ results, versions, date, runs }) {
  const faults = Object.keys(results);
  const contestants = Object.keys(results[faults[0]]);
  const section = (title, rows, cell) => {
    const columns = contestants.filter((contestant) => rows.some((fault) => takesPart(results[fault][contestant])));
    if (rows.length === 0 || columns.length === 0) return [];
    const cellAt = (fault, contestant) => cell(fault, results[fault][contestant]);
    return [`### ${title}`, renderTable(rows, columns, cellAt)];
  };
  const isOfOthers = (fault) => fault in FAULTS_OF_OTHERS;
  return [
    `Measured on ${date.slice(0, 10)}, ${runs === 1 ? 'one run' : `${runs} runs`} of each. Versions: ${describeVersions(versions)}.`,
    ...section(
      'Who settles what',
      faults.filter((fault) => !isOfOthers(fault)),
      cellOfVerdicts,
    ),
    ...section('What becomes of tasks that did nothing wrong', faults.filter(isOfOthers), cellOfVerdicts),
    ...section('What the caller of the guilty task gets', faults.filter(hasGuilty), (fault, outcomes) =>
      cellOfError(fault, outcomes[0]),
    ),
    '### What was used',
    renderUsed(contestants.filter((id) => CONTESTANTS[id].kind !== 'inline')),
  ].join('\n\n');
}

function takesPart(outcomes) {
  return outcomes.some(({ noSuchOption }) => noSuchOption !== 'worker');
}

function hasGuilty(fault) {
  return FAULTS[fault].guilty !== 0;
}

/** One cell for all runs; where they differ, all of them. */
export function cellOfVerdicts(fault, outcomes) {
  const verdicts = [...new Set(outcomes.map((outcome) => verdict(fault, outcome)))];
  return verdicts.length === 1 ? verdicts[0] : `≠ ${verdicts.join(' / ')}`;
}

/** `code` or `name`, or the message where neither says more than Error; for a value, the value. */
function cellOfError(fault, { noSuchOption, guilty }) {
  if (noSuchOption || FAULTS[fault].isKilled) return '';
  const [first] = guilty;
  if (first === undefined) return 'nothing';
  if (first.how === 'resolved')
    return first.isRight && FAULTS[fault].expects === 'resolved' ? 'its result' : `\`${first.value}\``;
  return fault === 'throw-custom' ? whatIsLost(first.error) : nameOf(first.error);
}

function nameOf({ isError, text, code, name, message }) {
  if (text !== undefined) return `\`${text}\`, not an Error`;
  const ownName = name === 'Error' ? undefined : name;
  if (!isError && name === undefined) return 'an object that is not an Error';
  const label = typeof code === 'string' ? code : (ownName ?? firstWords(message));
  return isError ? `\`${label}\`` : `\`${label}\`, not an Error`;
}

/** The first line, without what differs from run to run or names files of this machine. */
function firstWords(message) {
  const [line] = String(message ?? '').split('\n');
  if (line === '') return 'Error without a message';
  const constant = line.replace(/\S*\/\S*|[\da-f]{8}-[\da-f-]{27}|\d{4,}/g, '…');
  return constant.length > WORDS ? constant.slice(0, constant.lastIndexOf(' ', WORDS)) + ' …' : constant;
}

function whatIsLost({ isError, class: className, name, message, code, cause, limit }) {
  const lost = Object.entries({
    message: message === 'over quota',
    name: name === 'QuotaError',
    code: code === 'E_QUOTA',
    cause: cause === 'the cause',
    property: limit?.bytes === 42,
  }).flatMap(([part, isKept]) => (isKept ? [] : [part]));
  const arrived = isError ? `\`${className}\`` : 'not an Error';
  return lost.length === 0 ? `${arrived}, ${FINE}` : `${arrived}, without ${lost.join(', ')}`;
}

function renderTable(faults, contestants, cell) {
  const rows = faults.map((fault) => [
    FAULTS[fault].title,
    ...contestants.map((contestant) => cell(fault, contestant)),
  ]);
  return renderRows(['', ...contestants.map(titleOf)], rows);
}

function renderUsed(contestants) {
  const rows = contestants.map((id) => {
    const { runLimit, cancel, retries } = CONTESTANTS[id];
    return [titleOf(id), ...[runLimit, cancel, retries].map((feature) => feature ?? 'no such option')];
  });
  return renderRows(['', 'time limit', 'cancellation', 'retries after a crash'], rows);
}

function renderRows(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => row(cells.map(escape))).join('\n');
}

function escape(cell) {
  return cell.replaceAll('|', '\\|');
}

function titleOf(contestant) {
  return contestant.replace(/-(\w+)$/, ' $1');
}

function describeVersions(versions) {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
