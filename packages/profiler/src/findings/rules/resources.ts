import type { ResourceReport } from '../../model/io.js';
import type { RunRecord } from '../../replay/run-record.js';
import { isNamed, type WhatIf, withRows } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { type PoolView, setOption, share } from '../view.js';
import { count, duration, named, percent } from '../words.js';

function executionOf({ pool }: PoolView, task: string): number {
  return pool.byTask.find((each) => each.task === task)?.segments.execution.totalMs ?? 0;
}

/** The run with places of a resource as they were. What was spent on waiting for them is made anew. */
function withBudget(view: PoolView, resource: ResourceReport, budget: number, holdShare: number): WhatIf {
  const waits = view.pool.byTask.find(({ task }) => task === resource.task)?.execution.loopIdleMs ?? 0;
  const rest = Math.max(0, 1 - share(resource.acquire.totalMs, waits));
  return (record: RunRecord) => {
    const name = record.names.indexOf(resource.task);
    const present = record.byName[name];
    // Two changes of one resource: its waits are taken out once.
    const isBudgeted = present !== undefined && present.budget !== Infinity;
    const changed = withRows((rows, row, run) => {
      if (!isBudgeted && isNamed(run, row, resource.task)) rows.wait[row]! *= rest;
    })(record);
    if (changed === null) return null;
    const terms = {
      budget: Math.max(budget, isBudgeted ? present.budget : 0),
      holdShare: Math.min(holdShare, present?.holdShare ?? 1),
    };
    return { ...changed, byName: changed.byName.map((each, i) => (i === name ? { ...each, ...terms } : each)) };
  };
}

/** R30: handlers wait for a place of a resource, and all places are taken. */
export function resourceWait(view: PoolView): Candidate[] {
  return view.pool.resources.flatMap((resource) => {
    const part = share(resource.acquire.totalMs, executionOf(view, resource.task));
    if (part < 0.15 || resource.peakInUse < resource.budget) return [];
    const factor = 1 + share(resource.acquire.totalMs, resource.usage.totalMs);
    const wanted = Math.max(resource.budget + 1, Math.ceil(resource.budget * Math.min(8, factor)));
    return [
      cause({
        id: 'R30',
        title: `WAITING FOR ${resource.name.toUpperCase().slice(0, 40)}`,
        text: `Handlers of ${named(resource.task)} waited ${percent(part)} of their time for one of ${count(resource.budget, 'place')} of ${named(resource.name)}. Each was held for ${duration(resource.usage.meanMs)}, ${duration(resource.usage.p99Ms)} at the 99th percentile.`,
        scope: { task: resource.task },
        evidence: [
          evidence('acquire wait', part, 'share', 0.15, 'waits for a place ÷ execution of the task name'),
          evidence(
            'most in use',
            resource.peakInUse,
            'count',
            resource.budget,
            'places in use at one time; all of them',
          ),
        ],
        advice: [
          setOption(
            view,
            `resources.${resource.name}.max`,
            wanted,
            `Raise the budget of ${named(resource.name)} to ${wanted}, if its server allows that.`,
            resource.budget,
          ),
          { text: 'Otherwise run fewer of these tasks at once, or hold each place for less time.' },
        ],
        step: STEP.resource,
        explains: ['R15', 'R01', 'R26'],
        suppresses: ['R15'],
        without: withBudget(view, resource, wanted, 1),
      }),
    ];
  });
}

/** R31: a resource is held, and not used. */
export function resourceIdle(view: PoolView): Candidate[] {
  return view.pool.resources.flatMap((resource) => {
    const idle = 1 - share(resource.activeMs, resource.usage.totalMs);
    if (resource.usage.count < 10 || resource.usage.totalMs <= 0 || idle < 0.5) return [];
    return [
      cause({
        id: 'R31',
        title: `${resource.name.toUpperCase().slice(0, 40)} IS HELD IDLE`,
        text: `Handlers of ${named(resource.task)} held ${named(resource.name)} for ${duration(resource.usage.meanMs)} each, and used it for ${percent(1 - idle)} of that time.`,
        scope: { task: resource.task },
        evidence: [
          evidence('held idle', idle, 'share', 0.5, '1 − time with a query or request under way ÷ time in use'),
          evidence('acquire wait', resource.acquire.totalMs, 'ms', null, 'waits for a place, summed'),
        ],
        advice: [{ text: `Acquire ${named(resource.name)} later and release it earlier: only around its queries.` }],
        step: STEP.resource - 0.2,
        explains: ['R30', 'R15'],
        suppresses: ['R15'],
        without: withBudget(view, resource, Math.max(1, resource.budget), Math.max(0.01, 1 - idle)),
      }),
    ];
  });
}

/** A part of the waits of a task name falls away. */
function lessWaiting(view: PoolView, task: string, savedMs: number): WhatIf {
  const waits = view.pool.byTask.find((each) => each.task === task)?.execution.loopIdleMs ?? 0;
  const rest = Math.max(0, 1 - share(savedMs, waits));
  return withRows((rows, row, record) => {
    if (isNamed(record, row, task)) rows.wait[row]! *= rest;
  });
}

/** R32: connections are made again and again. */
export function reconnecting(view: PoolView): Candidate[] {
  const byAdapter = view.pool.resources.map(({ name, task, created, createMs, uses, budget }) => ({
    name,
    task,
    created,
    createMs,
    uses,
    budget,
  }));
  const seen = new Set(byAdapter.map(({ task }) => task));
  const byChannel = view.pool.io
    .filter(({ what, task }) => what === 'connect' && !seen.has(task))
    .map((io) => {
      const used = view.pool.io.filter(
        ({ what, task, peer }) => what === 'use' && task === io.task && peer === io.peer,
      );
      return {
        name: io.peer,
        task: io.task,
        created: io.count,
        createMs: io.totalMs,
        uses: used.reduce((sum, each) => sum + each.count, 0),
        budget: 0,
      };
    });
  return [...byAdapter, ...byChannel].flatMap(({ name, task, created, createMs, uses, budget }) => {
    const part = share(createMs, executionOf(view, task));
    const each = share(uses, created);
    // As many as there are places are made once, whatever is done.
    if (created < Math.max(10, 2 * budget) || (part < 0.05 && each >= 5)) return [];
    return [
      cause({
        id: 'R32',
        title: 'CONNECTIONS ARE MADE AGAIN AND AGAIN',
        text: `Handlers of ${named(task)} made ${count(created, 'connection')} to ${named(name)}, ${duration(share(createMs, created))} each, and used each ${each.toFixed(1)} times.`,
        scope: { task, peer: name },
        evidence: [
          evidence('set-up', part, 'share', 0.05, 'time of making connections ÷ execution of the task name'),
          evidence('uses', each, 'count', 5, 'uses ÷ connections; below this'),
        ],
        advice: [
          setOption(
            view,
            `resources.${name}.min`,
            Math.max(1, Math.ceil(view.places / 2)),
            'Keep connections: make the client once, in the worker module, with keep-alive. undici closes idle sockets after 4 s: `keepAliveTimeout`.',
            0,
          ),
        ],
        step: STEP.resource - 0.4,
        explains: ['R15', 'R30'],
        suppresses: ['R15'],
        without: lessWaiting(view, task, createMs),
      }),
    ];
  });
}

/** R33: the same statements are prepared again. */
export function preparing(view: PoolView): Candidate[] {
  return view.pool.resources.flatMap(({ name, task, statements }) => {
    const hits = share(statements.hits, statements.hits + statements.misses);
    if (statements.misses < 100 || hits >= 0.8) return [];
    const [first = '', second = ''] = statements.examples;
    const texts = second === '' ? '' : ` Two texts: ${named(first)} and ${named(second)}.`;
    return [
      cause({
        id: 'R33',
        title: 'STATEMENTS ARE PREPARED AGAIN',
        text: `${count(statements.misses, 'statement')} of ${named(task)} were prepared anew on ${named(name)}, ${percent(hits)} found again.${texts}`,
        scope: { task, peer: name },
        evidence: [
          evidence('found again', hits, 'share', 0.8, 'prepared statements found ÷ looked for; below this'),
          evidence(
            'preparing',
            share(statements.prepareMs, executionOf(view, task)),
            'share',
            null,
            'time of preparing ÷ execution of the task name',
          ),
        ],
        advice: [
          { text: 'Keep the text of statements the same, and pass values as parameters.' },
          setOption(
            view,
            `resources.${name}.statements`,
            Math.min(10_000, Math.max(200, statements.misses)),
            'Or keep more statements.',
            'see the adapter',
          ),
        ],
        step: STEP.resource - 0.3,
        explains: ['R15', 'R30'],
        suppresses: ['R15'],
        without: lessWaiting(view, task, statements.prepareMs),
      }),
    ];
  });
}
