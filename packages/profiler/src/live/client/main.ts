import type { LiveState, TrySlice } from '../live-state.js';
import { element, setLines, setText } from './elements.js';
import { PoolView } from './pool-view.js';
import { bytes, ms, share } from './units.js';
import { VerdictView } from './verdict-view.js';

interface Message {
  atMs: number;
  state: Omit<LiveState, 'atMs'>;
  tries: TrySlice;
}

/** Texts and tables change this often; pictures with each state. */
const TEXTS_EVERY_MS = 250;
/** A page that lags behind by this much asks for the latest state instead of reading all those between. */
const LAG_MS = 3_000;

const status = element('span', { class: 'badge', role: 'status' }, 'connecting');
const pause = element('button', { type: 'button', 'aria-pressed': 'false', title: 'Space' }, 'Pause');
const program = element('span', { class: 'note' });
const problems = element('ul', { class: 'lines problems' });
const verdict = new VerdictView();
const place = element('div', {});
const views: PoolView[] = [];

let latest: Message | undefined;
let isDrawn = true;
let isPaused = false;
let textsAtMs = -Infinity;
let lastId = '';
let events: EventSource | undefined;
/** The least difference so far of this page's clock and the program's: the way of the fastest message. */
let leastWayMs = Infinity;

document.body.append(
  element('header', {}, element('h1', {}, 'Millpond live'), program, status, pause),
  element('main', {}, verdict.root, problems, place),
);

function connect(): void {
  events?.close();
  const source = new EventSource(lastId === '' ? 'events' : `events?after=${encodeURIComponent(lastId)}`);
  events = source;
  source.addEventListener('open', () => say('live', 'good'));
  source.addEventListener('error', () =>
    say(source.readyState === EventSource.CLOSED ? 'no connection' : 'connecting again', 'warn'),
  );
  source.addEventListener('end', () => {
    source.close();
    say('the profiler has stopped', '');
  });
  source.addEventListener('state', (event) => receive(event as MessageEvent<string>));
}

function receive(event: MessageEvent<string>): void {
  const message = JSON.parse(event.data) as Message;
  lastId = event.lastEventId;
  const { atMs, state, tries } = message;
  const wayMs = performance.now() - atMs;
  leastWayMs = Math.min(leastWayMs, wayMs);
  if (wayMs - leastWayMs > LAG_MS) {
    // States of seconds ago wait in buffers. A new connection begins with the present one.
    leastWayMs = Infinity;
    connect();
  }
  for (const [i, pool] of state.pools.entries()) {
    let view = views[i];
    if (view === undefined) {
      view = new PoolView(pool);
      views.push(view);
      place.append(view.root);
    }
    view.note(
      atMs,
      pool,
      tries.blocks.filter(([of]) => of === i),
      tries.lost,
    );
  }
  latest = message;
  if (isDrawn) requestAnimationFrame(draw);
  isDrawn = false;
}

function draw(): void {
  isDrawn = true;
  if (latest === undefined || isPaused) return;
  const { atMs, state } = latest;
  for (const [i, pool] of state.pools.entries()) views[i]?.draw(atMs, pool);
  if (performance.now() - textsAtMs < TEXTS_EVERY_MS) return;
  textsAtMs = performance.now();
  const { run, parent } = state;
  setText(
    program,
    `process ${run.pid} · Node ${run.node} · ${run.platform} · ${run.cores} cores · ${ms(atMs)} · event loop ${share(parent.loopShare)} · memory ${bytes(parent.rssBytes)}`,
  );
  verdict.show(state.report, atMs);
  setLines(problems, state.problems);
  for (const [i, pool] of state.pools.entries()) views[i]?.show(pool);
}

function say(text: string, kind: string): void {
  setText(status, text);
  status.className = `badge ${kind}`.trim();
}

function setPaused(value: boolean): void {
  isPaused = value;
  pause.setAttribute('aria-pressed', String(value));
  setText(pause, value ? 'Go on' : 'Pause');
  textsAtMs = -Infinity;
  if (!value) draw();
}

pause.addEventListener('click', () => setPaused(!isPaused));
document.addEventListener('keydown', (event) => {
  if (event.key !== ' ' || event.target !== document.body) return;
  event.preventDefault();
  setPaused(!isPaused);
});
addEventListener('resize', draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
connect();
