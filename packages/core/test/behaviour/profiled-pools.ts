import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  CHANNELS,
  type CpuProfile,
  type LabelTrack,
  type Pool,
  type PoolProfiling,
  type ProfileMessage,
  type ProfileTerms,
  type UsageMessage,
  type WorkerUsage,
} from '@millpond/core';
import { PROFILING } from '@millpond/core/internal';

export const STATS: ProfileTerms = { level: 'stats', io: false, sampleUs: 1000, heap: false };
export const CPU: ProfileTerms = { level: 'cpu', io: false, sampleUs: 1000, heap: true };
/** Long enough for any machine: no answer takes so long. */
export const WITHIN_MS = 20_000;

export type CpuPart = Extract<ProfileMessage['part'], { kind: 'cpu' }>;
export type LostPart = Extract<ProfileMessage['part'], { kind: 'lost' }>;

/** Notes what pools publish for profilers while `body` runs. */
export class Heard {
  readonly usage: UsageMessage[] = [];
  readonly profiles: ProfileMessage[] = [];

  cpu(): CpuPart[] {
    return this.profiles.flatMap(({ part }) => (part.kind === 'cpu' ? [part] : []));
  }

  lost(): LostPart[] {
    return this.profiles.flatMap(({ part }) => (part.kind === 'lost' ? [part] : []));
  }

  latest(workerId: number): WorkerUsage | undefined {
    return this.usage.findLast((each) => each.workerId === workerId)?.usage;
  }
}

export async function hearing(body: (heard: Heard) => Promise<void>): Promise<void> {
  const heard = new Heard();
  const onUsage = (message: unknown): void => void heard.usage.push(message as UsageMessage);
  const onProfile = (message: unknown): void => void heard.profiles.push(message as ProfileMessage);
  subscribe(CHANNELS.usage, onUsage);
  subscribe(CHANNELS.profile, onProfile);
  try {
    await body(heard);
  } finally {
    unsubscribe(CHANNELS.usage, onUsage);
    unsubscribe(CHANNELS.profile, onProfile);
  }
}

export function profile(pool: Pool, terms: ProfileTerms): PoolProfiling {
  // The types of the two entries have a symbol each.
  const open = (pool as unknown as Record<symbol, ((terms: ProfileTerms) => PoolProfiling) | undefined>)[PROFILING];
  if (open === undefined) throw new Error('This pool cannot be profiled.');
  return open.call(pool, terms);
}

export function functionsIn({ nodes }: CpuProfile): Set<string> {
  return new Set(nodes.map(({ callFrame }) => callFrame.functionName));
}

/**
 * Time by label, as samples have it: those that are idle left out. Where a thread waited for a core, its next sample has that time: the
 * signal of the sampler waited as well.
 */
export function msByLabel(parts: readonly CpuPart[]): { samples: number; ms: Map<string, number> } {
  const ms = new Map<string, number>();
  let samples = 0;
  for (const { profile: taken, labels } of parts) {
    const idle = new Set(taken.nodes.filter((node) => node.callFrame.functionName === '(idle)').map(({ id }) => id));
    const gaps = taken.timeDeltas.map((us, index) => (index === 0 ? 0 : us));
    const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? 0;
    const waited = gaps.map((us) => (us > 2 * usual ? us - usual : 0));
    let at = taken.startTime;
    for (const [index, node] of taken.samples.entries()) {
      at += taken.timeDeltas[index] ?? 0;
      if (idle.has(node)) continue;
      const label = labelAt(labels, at / 1000);
      if (label !== '') samples++;
      const untilNext = (gaps[index + 1] ?? 0) - (waited[index + 1] ?? 0);
      ms.set(label, (ms.get(label) ?? 0) + ((waited[index] ?? 0) + untilNext) / 1000);
    }
  }
  return { samples, ms };
}

function labelAt({ names, atMs, label }: LabelTrack, ms: number): string {
  const stretch = atMs.findLastIndex((begin) => begin <= ms);
  return stretch < 0 ? '' : (names[label[stretch] ?? 0] ?? '');
}
