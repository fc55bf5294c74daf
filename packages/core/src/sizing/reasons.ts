import { plural } from '../base/format-count.js';
import type { SizingLimits } from './sample.js';
import { cpuPerLoop, isKnown, kindOf, tasksPerLoop, type WorkloadProfile } from './workload-profile.js';

/** Describes the tasks in words. */
export function tasksReason(shape: WorkloadProfile, { cores }: SizingLimits): string {
  const count = Number(cores.toFixed(2));
  const shown = plural(count, 'core');
  if (!isKnown(shape)) return `${shown}, and nothing known of the tasks yet`;
  const share = Math.round(cpuPerLoop(shape) * 100);
  switch (kindOf(shape)) {
    case 'computing':
      return `tasks compute (${share} % processor time), ${shown}`;
    case 'blocking':
      return `tasks block their worker (${share} % processor time), ${shown}`;
    default:
      return `tasks wait: ${tasksPerLoop(shape).toFixed(1)} of them keep one worker busy, ${shown}`;
  }
}

export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`;
}
