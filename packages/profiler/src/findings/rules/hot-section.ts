import type { HotFrame } from '../../model/cpu.js';
import type { Advice } from '../../model/finding.js';
import type { SectionReport } from '../../model/section-report.js';
import type { TaskReport } from '../../model/task-report.js';
import { isNamed, type WhatIf, withRows } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { largestOf, type PoolView, share, sumOf } from '../view.js';
import { code, duration, named, percent } from '../words.js';

type TaskSection = SectionReport & { task: string };

/** Time of a section by what it needs, ms. */
interface SectionParts {
  onLoopMs: number;
  awaitedMs: number;
}

/** R11: one section takes a large part of its task. */
export function hotSection(view: PoolView): Candidate[] {
  const { pool } = view;
  const taskOf = (section: TaskSection) => pool.byTask.find(({ task }) => task === section.task);
  const partOf = (section: TaskSection) => share(section.selfMs, taskOf(section)?.segments.execution.totalMs ?? 0);
  // A section that is the whole task says no more than the task's name.
  const hot = largestOf(
    pool.sections.filter((section) => partOf(section) >= 0.25 && partOf(section) <= 0.97),
    ({ selfMs }) => selfMs,
  );
  const task = hot && taskOf(hot);
  if (hot === undefined || task === undefined || share(hot.selfMs, view.executionMs) < 0.1) return [];
  const part = partOf(hot);
  const path = hot.path.join(' › ');
  const parts = partsOf(hot, task, view);
  const awaited = share(parts.awaitedMs, parts.onLoopMs + parts.awaitedMs);
  const frame = frameOf(hot, view);
  const at =
    frame === undefined
      ? ''
      : ` ${percent(frame.share)} of its samples are in ${code(frame)} (${frame.file}:${frame.line}).`;
  return [
    cause({
      id: 'R11',
      title: `HOT SECTION ${path}`,
      text: `Section ${named(path)} takes ${percent(part)} of the execution of ${named(hot.task)}: ${duration(hot.meanMs)} a call, ${percent(awaited)} of it awaited.${at}`,
      scope: { task: hot.task, section: path },
      evidence: [
        evidence('self time', part, 'share', 0.25, 'self time of the section ÷ execution of its task name'),
        evidence('awaited', awaited, 'share', null, 'its share of idle event loops ÷ self time of the section'),
        evidence(
          'if twice as fast',
          1 / (1 - part / 2),
          'ratio',
          null,
          "Amdahl: 1 ÷ (1 − p + p ÷ 2), a task's speed-up",
        ),
        evidence('if it took no time', 1 / Math.max(0.03, 1 - part), 'ratio', null, 'Amdahl: 1 ÷ (1 − p)'),
      ],
      advice: [adviceFor(path, awaited, frame, view)],
      step: STEP.execution,
      without: halved(task, parts),
    }),
  ];
}

function frameOf({ task, name }: TaskSection, { pool }: PoolView): HotFrame | undefined {
  return pool.cpu
    ?.find(({ workerId }) => workerId === null)
    ?.byLabel.find((label) => label.task === task && label.section === name)
    ?.hot.find(({ file }) => file !== '');
}

function adviceFor(path: string, awaited: number, frame: HotFrame | undefined, { measured }: PoolView): Advice {
  const saving = 'The saving is that of half its time.';
  if (awaited >= 0.5) {
    const step = `Shorten what section ${named(path)} waits for, or do it less often: no option of the pool does.`;
    return { text: `${step} ${saving}` };
  }
  if (frame !== undefined) {
    const { file, line, functionName } = frame;
    return { text: `Make ${code(frame)} faster. ${saving}`, at: { file, line, functionName } };
  }
  const { level } = measured.run;
  const text = `Make section ${named(path)} faster. ${saving}`;
  if (level === 'cpu') return { text };
  return {
    text: `${text} Set the profiler's level to 'cpu' to see its lines.`,
    option: 'level',
    value: 'cpu',
    now: level,
  };
}

/**
 * What a section needs. Its synchronous part holds the loop. Awaited time is idle, or code that runs in continuations. It has a share of
 * both: its part of all time that no synchronous section explains. A section ended by hand is divided as its task is.
 */
function partsOf(section: TaskSection, task: TaskReport, { pool }: PoolView): SectionParts {
  const { execution, segments } = task;
  const executionMs = segments.execution.totalMs;
  const idleMs = execution.loopIdleMs;
  const onLoopMs = executionMs - idleMs;
  const called = Math.min(
    onLoopMs,
    sumOf(
      pool.sections.filter((each) => each.task === task.task),
      ({ calledMs }) => calledMs,
    ),
  );
  const byHand = Math.max(0, section.selfMs - section.calledMs - section.awaitedMs);
  const open = executionMs - called;
  return {
    onLoopMs:
      Math.min(section.calledMs, onLoopMs) +
      section.awaitedMs * share(onLoopMs - called, open) +
      byHand * share(onLoopMs, executionMs),
    awaitedMs: section.awaitedMs * share(idleMs, open) + byHand * share(idleMs, executionMs),
  };
}

/** The run with half the time of the section. */
function halved({ task, execution, segments }: TaskReport, { onLoopMs, awaitedMs }: SectionParts): WhatIf {
  const allOnLoop = segments.execution.totalMs - execution.loopIdleMs;
  const onLoop = 1 - Math.min(1, share(onLoopMs, allOnLoop)) / 2;
  const idle = 1 - Math.min(1, share(awaitedMs, execution.loopIdleMs)) / 2;
  return withRows((rows, row, record) => {
    if (!isNamed(record, row, task)) return;
    for (const part of ['cpu', 'gc', 'block'] as const) rows[part][row]! *= onLoop;
    for (const part of ['native', 'wait'] as const) rows[part][row]! *= idle;
  });
}
