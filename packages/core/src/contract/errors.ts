import { plural } from '../base/format-count.js';
/** How a worker ended, as far as the parent can see. Part of every crash error. */
export interface DeathReport {
  workerId: number;
  /** Process id; undefined for a thread, which has the id of the program. */
  pid: number | undefined;
  /** Number of a thread in the program, as in node:worker_threads; undefined for a process. */
  threadId: number | undefined;
  /** Exit code, or null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Why the pool ended it, as the end of a sentence; undefined when the pool did not. */
  killedFor: string | undefined;
  /** Names of the tasks that were running (not merely sent ahead) when it died. */
  runningTasks: readonly string[];
  /** Milliseconds from spawn to death. */
  uptimeMs: number;
  /** The last 8 KB the worker wrote to stderr; empty when stdio is inherited. */
  stderrTail: string;
  /**
   * Source of the evidence that memory ran out; undefined without any. 'heap': V8 said so on stderr. 'limit': a thread
   * reached its `resourceLimits`. 'kernel': the control group's count of OOM kills went up as the worker died.
   */
  outOfMemory: 'heap' | 'limit' | 'kernel' | undefined;
  /** Resident memory by the worker's last report, at most about half a second of work before. 0 when it never reported. */
  rssBytes: number;
  /** Profiler section that was open, with the sections around it; empty for none. */
  lastSection: string;
}

/** Why a value cannot be sent. */
export interface Refusal {
  /** Text that ends a sentence. */
  reason: string;
  /** Size in bytes, and the limit; only for a value that is too large. */
  bytes?: number;
  limitBytes?: number;
}

/** "exit code 3" or "signal SIGKILL": the shortest true description of an end. */
export function describeExit(report: Pick<DeathReport, 'exitCode' | 'signal'>): string {
  return report.signal === null ? `exit code ${report.exitCode ?? 'unknown'}` : `signal ${report.signal}`;
}

/**
 * Every code a PoolError can carry, with the message it prints. Codes are public API, wording is not.
 * `docs/errors.md` has one section per code; a test fails when the two differ.
 */
const MESSAGES = {
  ERR_OPTION: (d: {
    option: string;
    reason: string;
    /** Whether `option` is the name of an argument rather than of an option. */
    isArgument?: boolean;
  }) => `${d.isArgument === true ? 'Argument' : 'Option'} "${d.option}" ${d.reason}`,
  ERR_QUEUE_FULL: (d: { queued: number; max: number }) =>
    `Task refused: ${d.queued} of ${d.max} queue places are taken. Await pool.room() before run(), or raise queue.max.`,
  ERR_QUEUE_TIMEOUT: (d: {
    task: string;
    waitedMs: number;
    limitMs: number;
    queued: number;
    /** Deadline that ended the wait, ms since the epoch. */
    deadline: number | undefined;
  }) =>
    d.deadline !== undefined
      ? pastDeadline(d.task, d.deadline, d.limitMs, d.waitedMs)
      : `Task "${d.task}" waited ${Math.round(d.waitedMs)} ms in the queue; its limit is ${Math.round(d.limitMs)} ms ` +
        `(${plural(d.queued, 'task')} still queued). Add workers, submit less at once, or raise queueTimeoutMs.`,
  ERR_TASK_TIMEOUT: (d: {
    task: string;
    ranMs: number;
    limitMs: number;
    /** Its worker; 0 for a wrapped function or a `breaker.fallback`, which run in this program. */
    workerId: number;
    by: 'timeoutMs' | 'deadline';
    /** Where the handler was, with `timeoutStack`: lines like those of an error's stack. */
    stack: string | undefined;
  }) =>
    `Task "${d.task}" was still running ${d.workerId === 0 ? 'in this program' : `on worker ${d.workerId}`} after ${Math.round(d.ranMs)} ms; ` +
    `its ${d.by} allows ${Math.round(d.limitMs)} ms. Raise ${d.by}, or let the handler watch ctx.signal.`,
  ERR_TASK_NOT_FOUND: (d: { task: string; module: string; known: readonly string[]; nearest: string | undefined }) =>
    `Worker module ${d.module} exports no handler "${d.task}". ` +
    (d.nearest === undefined ? '' : `Did you mean "${d.nearest}"? `) +
    (d.known.length === 0 ? 'It exports no function at all.' : `It exports: ${d.known.join(', ')}.`),
  ERR_TASK_POISON: (d: { task: string; crashes: number; death: DeathReport }) =>
    `Task "${d.task}" was running in ${plural(d.crashes, 'worker')} when ${d.crashes === 1 ? 'it' : 'they'} died ` +
    `(${d.crashes === 1 ? '' : 'last: '}${describeExit(d.death)}). ` +
    'It will not be run again. Run it alone to find out why, or raise crash.attempts.',
  ERR_NOT_SERIALIZABLE: (d: { task: string; what: 'input' | 'result' | 'message'; reason: string }) =>
    `The ${d.what} of task "${d.task}" cannot be sent between workers: ${d.reason} ` +
    'Send plain data, Map, Set, Date, Buffer or typed arrays; leave out functions, symbols and open handles.',
  ERR_PAYLOAD_TOO_LARGE: (d: {
    task: string;
    what: 'input' | 'result' | 'message';
    bytes: number;
    limitBytes: number;
  }) =>
    `The ${d.what} of task "${d.task}" takes ${d.bytes} bytes or more; maxPayloadBytes allows ${d.limitBytes}. ` +
    'Send the name of a file instead, send it in parts, or raise maxPayloadBytes.',
  ERR_WORKER_CRASHED: (d: { task: string; death: DeathReport; suspects?: number; resultLost?: boolean }) =>
    `Worker ${d.death.workerId}${idOf(d.death)} died with ${describeExit(d.death)} ${d.resultLost === true ? 'with the result of' : 'while running'} task "${d.task}"${d.resultLost === true ? ', whose handler had returned' : ''}.` +
    amongSuspects(d) +
    hints(d.death),
  ERR_WORKER_OOM: (d: { task: string; death: DeathReport; suspects?: number }) =>
    `Worker ${d.death.workerId} ran out of memory (${d.death.outOfMemory === 'kernel' ? 'killed by the kernel' : describeExit(d.death)}` +
    `, RSS ${Math.round(d.death.rssBytes / 2 ** 20)} MiB) while running task "${d.task}".` +
    amongSuspects(d) +
    ' Give it more with memory.perWorkerBytes, execArgv --max-old-space-size or resourceLimits, or hand it smaller inputs.',
  ERR_WORKER_START: (d: {
    module: string;
    phase: string;
    reason: string;
    /** Where it happened: file, line and column. For a syntax error also the text there, in separate lines. */
    place: string | undefined;
  }) => `A worker for ${d.module} did not become ready: ${d.phase}: ${d.reason}${atPlace(d.place)}`,
  ERR_POOL_FAILED: (d: { pool: string; reason: string }) =>
    `Pool "${d.pool}" has failed and runs nothing more: ${d.reason}${d.reason.endsWith('\n') ? '' : ' '}The cause is attached; make a new pool when it is mended.`,
  ERR_POOL_CLOSED: (d: { pool: string; state: string }) =>
    `Pool "${d.pool}" is ${d.state} and takes no new work, or was stopped before this task could finish.`,
  ERR_TASK_DROPPED: (d: {
    task: string;
    pool: string;
    by: 'close' | 'dropQueued';
    /** Number of times that its handler was called before. */
    starts: number;
  }) =>
    `Task "${d.task}" was dropped while it waited: ` +
    (d.by === 'close'
      ? `close() of pool "${d.pool}" was called with drop: "queued".`
      : `dropQueued() of pool "${d.pool}" was called.`) +
    (d.starts === 0
      ? ' Its handler was not called.'
      : ` Its handler had been called ${plural(d.starts, 'time')} before.`),
  ERR_SUPERSEDED: (d: { task: string }) =>
    `A call of "${d.task}" did not run, because a later call has taken its place. Only the latest call runs.`,
  ERR_CIRCUIT_OPEN: (d: {
    task: string;
    /** Key of the breaker, if the task has one for each key. */
    key: string | undefined;
    state: 'open' | 'half-open' | 'isolated';
    /** Time until which calls are refused, ms from now; Infinity until `reset()`. */
    retryAfterMs: number;
  }) =>
    `Task "${d.task}"${d.key === undefined ? '' : ` with key "${d.key}"`} was not run: its circuit breaker is ${d.state}` +
    (d.retryAfterMs === Infinity
      ? ', and stays so until reset() is called.'
      : `. It lets calls through again in ${Math.round(d.retryAfterMs)} ms. Call again then, or give the task a breaker.fallback.`),
  ERR_RATE_LIMITED: (d: {
    task: string;
    /** Key of the limit, if the task has one for each key. */
    key: string | undefined;
    /** Earliest time at which a call of this cost may begin, ms from now. */
    retryAfterMs: number;
  }) =>
    `Task "${d.task}"${d.key === undefined ? '' : ` with key "${d.key}"`} was refused: its rate limit is used up. ` +
    `Try again in ${Math.round(d.retryAfterMs)} ms, or set rateLimit.when to "wait".`,
  ERR_CACHE_STORE: (d: {
    /** Method of the store that failed. */
    operation: 'get' | 'set' | 'delete' | 'clear' | 'close';
    reason: string;
  }) => `The store of the result cache failed in ${d.operation}(), and calls go on without it: ${d.reason}`,
  ERR_BATCH_RESULTS: (d: {
    task: string;
    /** Number of items that the handler got. */
    inputs: number;
    /** Number of results that it returned; undefined if it returned no list. */
    outputs: number | undefined;
    /** Type of the returned value. */
    got: string;
  }) =>
    `The batch handler "${d.task}" returned ${d.outputs === undefined ? `no list but ${d.got}` : plural(d.outputs, 'result')} ` +
    `for ${plural(d.inputs, 'input')}. Return a list with one result for each input, in their order: a value, a promise, or ` +
    'an Error for an input that failed.',
  ERR_MESSAGES_FULL: (d: {
    task: string;
    /** Messages that wait to be sent. */
    waiting: number;
    by: 'post()' | 'ctx.post()';
  }) =>
    `Task "${d.task}": ${d.by} was refused, because ${plural(d.waiting, 'message')} already wait for their receiver. ` +
    'Wait when it returns false, or post less.',
  ERR_SECTION: (d: { section: string; reason: string }) => `Section "${d.section}" ${d.reason}`,
  ERR_REPORT: (d: {
    file: string;
    reason: string;
    /** Complete files. */ written: readonly string[];
    /** Those that are not there. */ left: readonly string[];
    step?: string;
  }) =>
    d.written.length + d.left.length === 0
      ? `The reports in ${d.file} could not be read: ${d.reason} ${d.step ?? 'Name another folder.'}`
      : `The report could not be written to ${d.file}: ${d.reason} ${d.written.length === 0 ? 'No file is written' : `Complete: ${d.written.join(', ')}`}. Not written: ${d.left.join(', ')}. No file is left half written. ${d.step ?? 'Name one file alone, as report.json, or another folder.'}`,
  ERR_REQUEST: (d: {
    topic: string;
    /** Reason for code to test; the message has it in words. */
    why: 'timeout' | 'full' | 'ended' | 'unsendable' | 'unknown' | 'withdrawn';
    reason: string;
  }) => `Request "${d.topic}" between a worker and its parent ${d.reason}`,
  ERR_STATE: (d: { what: string; from: string; to: string }) =>
    `Internal: ${d.what} may not move from "${d.from}" to "${d.to}". This is a bug in Millpond; please report it.`,
} satisfies Record<string, (details: never) => string>;

/** @param leftMs time from the submission to the deadline; negative when it had already passed */
function pastDeadline(task: string, deadline: number, leftMs: number, waitedMs: number): string {
  const instant = `${deadline} ms since the epoch`;
  if (leftMs > 0) {
    return (
      `Task "${task}" had not begun at its deadline (${instant}), ${Math.round(leftMs)} ms after its submission. ` +
      'Add workers, submit less at once, or allow more time.'
    );
  }
  const ago = `it had passed ${Math.round(waitedMs - leftMs)} ms ago`;
  return (
    `Task "${task}" was not begun: its deadline is an instant (${instant}), and ${ago}. ` +
    'Give Date.now() + n, or timeoutMs for a length of time.'
  );
}

function idOf({ pid, threadId }: DeathReport): string {
  if (pid !== undefined) return ` (pid ${pid})`;
  return threadId === undefined ? '' : ` (thread ${threadId})`;
}

/** A place of several lines shows the text at the place, so it stands apart. */
function atPlace(place: string | undefined): string {
  if (place === undefined) return '';
  return place.includes('\n') ? `\n\n${place}\n\n` : ` (${place})`;
}

/** The most telling line of stderr: the last that names an error, else the last except Node's own signature. */
function lastWords(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^Node\.js v\d/.test(line));
  return lines.filter((line) => /^(\w+ )?\w*Error\b|^FATAL ERROR/.test(line)).at(-1) ?? lines.at(-1);
}

/** Says that it is not known which of several tasks ended the worker. */
function amongSuspects({ suspects }: { suspects?: number }): string {
  return suspects === undefined
    ? ''
    : ` It was one of ${suspects} tasks that had begun there; any of them may be to blame.`;
}

function ender({ killedFor, signal }: DeathReport): string {
  if (killedFor !== undefined) return ` The pool ended it: ${killedFor}.`;
  if (signal !== 'SIGKILL') return '';
  return ' The pool did not send that signal; perhaps the kernel did, for want of memory.';
}

/** Further facts about a death. */
function hints(death: DeathReport): string {
  const words = lastWords(death.stderrTail);
  return [
    ender(death),
    death.lastSection === '' ? '' : ` Section "${death.lastSection}" was open.`,
    words === undefined || words === '' ? '' : ` Its last words: ${words}`,
  ].join('');
}

/** A documented error code; see `docs/errors.md`. */
export type ErrorCode = keyof typeof MESSAGES;
/** The data of a code. */
export type ErrorDetails<C extends ErrorCode> = Parameters<(typeof MESSAGES)[C]>[0];

/** A call that drops tasks that wait. */
export type DroppedBy = ErrorDetails<'ERR_TASK_DROPPED'>['by'];

/** All codes, for tests and documentation. */
export const ERROR_CODES = Object.keys(MESSAGES) as ErrorCode[];

// Branded by a registered symbol, so the predicate holds across realms and duplicate installs.
const BRAND = Symbol.for('millpond.PoolError');

/**
 * The one error class of Millpond. Match on `code`, not on the message. `details` holds the values the message
 * mentions, as data; `cause` is the error that led here, when there was one.
 *
 * An error that a handler throws is not a PoolError: it arrives as itself, within the limits of `docs/errors.md`.
 */
export class PoolError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly details: ErrorDetails<C>;

  constructor(code: C, details: ErrorDetails<C>, options?: { cause?: unknown }) {
    super((MESSAGES[code] as (d: ErrorDetails<C>) => string)(details), options);
    this.name = 'PoolError';
    this.code = code;
    this.details = details;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Whether a value is a PoolError, with the given code if there is one. True also for errors of another copy of this package
 * in the same program.
 */
export function isPoolError<C extends ErrorCode>(value: unknown, code?: C): value is PoolError<C> {
  if (typeof value !== 'object' || value === null || !(BRAND in value)) return false;
  return code === undefined || (value as { code?: unknown }).code === code;
}
