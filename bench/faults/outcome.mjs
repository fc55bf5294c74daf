// Runs one probe with a time limit, and sums up what it wrote.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { FAULTS } from './faults.mjs';
import { killProcessesOf, MARKER, processesOf } from './processes.mjs';

/** Time without a settlement. The first time, the later task is requested; the second time, the probe is ended. */
const QUIET_MS = 2500;
/** Time that workers have to notice that the program is gone. */
const ORPHAN_MS = 3000;

export async function observe(contestant, fault) {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-faults-'));
  const id = randomUUID();
  try {
    const probe = await runProbe(contestant, fault, { id, folder });
    if (FAULTS[fault].isKilled) await delay(ORPHAN_MS);
    const seen = summarize(probe);
    const noted = FAULTS[fault].isNoted ? countNotes(join(folder, 'notes'), seen.innocent) : {};
    return { ...seen, ...readTraces(folder), ...noted, left: processesOf(id).length };
  } finally {
    // Only this process, not its group: workers may have a group of their own.
    killProcessesOf(id);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what the probe wrote, how it ended, and whether it had to be ended */
function runProbe(contestant, fault, { id, folder }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'probe.mjs'), contestant, fault], {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, [MARKER]: id, FAULTS_FOLDER: folder },
    });
    const events = [];
    let stderr = '';
    let quietTimes = 0;
    const quiet = setTimeout(() => {
      quietTimes++;
      events.push({ event: 'quiet' });
      if (quietTimes === 1) child.stdin.write('\n');
      else child.kill('SIGKILL');
      quiet.refresh();
    }, QUIET_MS);
    createInterface({ input: child.stdio[3] }).on('line', (line) => {
      const event = JSON.parse(line);
      events.push(event);
      quiet.refresh();
      if (event.event === 'looping') child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-2000)));
    // The probe may have closed its end.
    child.stdin.on('error', () => {});
    child.on('error', reject);
    // Not 'close': an orphan holds the pipes open.
    child.on('exit', (code, signal) => {
      clearTimeout(quiet);
      setImmediate(() => resolve({ events, code, signal, isEnded: quietTimes === 2, stderr }));
    });
  });
}

function summarize({ events, code, signal, isEnded, stderr }) {
  const happened = (name) => events.some(({ event }) => event === name);
  const quietAt = events.findIndex(({ event }) => event === 'quiet');
  const of = (wanted) =>
    events.flatMap(({ event, role, ...settled }, at) =>
      event === 'settled' && role === wanted ? [{ ...settled, isLate: quietAt >= 0 && at > quietAt }] : [],
    );
  return {
    end: isEnded ? 'time limit' : (signal ?? code),
    first: of('first'),
    guilty: of('guilty'),
    innocent: of('innocent'),
    later: of('later'),
    met: of('meeting').length,
    wasQuiet: quietAt >= 0,
    wasLeft: happened('left'),
    wasKilled: happened('looping'),
    triedClose: happened('closing'),
    closed: happened('closed'),
    ...(stderr && { stderr }),
  };
}

function readTraces(folder) {
  const count = (file) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file)).length : 0);
  return { crashes: count('crashes'), loads: count('loads'), ran: existsSync(join(folder, 'ran')) };
}

/** Innocent tasks that ran twice; of those that rejected, how many had not begun, and how many had ended. */
function countNotes(file, innocent) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const times = new Map();
  for (const line of lines) times.set(line, (times.get(line) ?? 0) + 1);
  const rejected = innocent.filter(({ how }) => how === 'rejected');
  return {
    twice: [...times].filter(([line, count]) => line.startsWith('begun') && count > 1).length,
    unbegun: rejected.filter(({ id }) => !times.has(`begun ${id}`)).length,
    returned: rejected.filter(({ id }) => times.has(`ended ${id}`)).length,
  };
}
