import { formatCount } from '@millpond/core/internal';
import type { InputSource, SourceItem } from '../input/source.js';
import { toJson } from '../output/to-json.js';
import { printable } from '../printable.js';
import type { Workload } from '../workload/load.js';
import type { PoolOverrides } from '../workload/pool-options.js';
import { poolOptionsFor } from '../workload/pool-options.js';
import type { Destination } from './destination.js';

/** The plan of a run. Plain data, printed by `--dry-run`. */
export interface Plan {
  name: string;
  worker: string;
  task: string;
  input: string;
  /** Items that would be taken; null if only reading them would tell. */
  total: number | null;
  /** The first items, bad ones with their problem. */
  firstItems: SourceItem[];
  output: string;
  /** Options of the pool; a missing one has core's default. */
  pool: Record<string, unknown>;
}

/** Decides what a run does: the workload, and the command line's overrides. */
export interface PlanSetup {
  workload: Workload;
  input: InputSource;
  destination: Destination;
  overrides: PoolOverrides;
  /** Most items to take. */
  limit: number | undefined;
}

const SHOWN_ITEMS = 5;
const SHOWN_WIDTH = 160;

/** Makes the plan of a run; reads the first items of the input. @throws InputError if they cannot be read */
export async function makePlan({ workload, input, destination, overrides, limit }: PlanSetup): Promise<Plan> {
  const { env, ...pool } = poolOptionsFor(workload.name, workload.content.pool, overrides);
  return {
    name: workload.name,
    worker: workload.worker,
    task: workload.task,
    input: input.description,
    total: expectedTotal(input.total, limit) ?? null,
    firstItems: await firstItems(input, Math.min(SHOWN_ITEMS, limit ?? Infinity)),
    output: destination.label,
    // Values of variables may be secrets; their names are not.
    pool: { ...pool, ...(env === undefined ? {} : { env: typeof env === 'string' ? env : Object.keys(env) }) },
  };
}

async function firstItems(input: InputSource, most: number): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  const iterator = input.items();
  while (items.length < most) {
    const next = await iterator.next();
    if (next.done === true) break;
    items.push(next.value);
  }
  return items;
}

/** Number of items that a run takes, if it is known. */
export function expectedTotal(total: number | undefined, limit: number | undefined): number | undefined {
  return total === undefined ? undefined : Math.min(total, limit ?? Infinity);
}

/** The plan as text. */
export function renderPlan(plan: Plan): string {
  const lines = [
    `name    ${plan.name}`,
    `worker  ${plan.worker}`,
    `task    ${plan.task}`,
    `input   ${plan.input}`,
    `items   ${plan.total === null ? 'unknown until they are read' : formatCount(plan.total)}`,
    ...plan.firstItems.map((item) => `          ${renderItem(item)}`),
    ...(plan.total !== null && plan.total > plan.firstItems.length ? ['          …'] : []),
    `output  ${plan.output}`,
    'pool',
    ...Object.entries(plan.pool).map(([key, value]) => `          ${key}: ${JSON.stringify(value)}`),
    'Nothing was started.',
  ];
  return `${lines.map((line) => printable(line, 400)).join('\n')}\n`;
}

function renderItem(item: SourceItem): string {
  const text = 'problem' in item ? `cannot be used: ${item.problem}` : JSON.stringify(toJson(item.value));
  return printable(`${item.id}  ${text}`, SHOWN_WIDTH);
}
