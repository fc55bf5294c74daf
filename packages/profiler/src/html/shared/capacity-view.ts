import type { Capacity, CapacityId } from '../../model/ledgers.js';
import { type El, h } from './node.js';
import { ms, share } from './numbers.js';
import { CAPACITY_ORDER, CAPACITY_WORDS } from './words.js';

export interface BarPart {
  id: CapacityId;
  ms: number;
  /** Of the whole bar. */
  share: number;
  /** Where it begins, 0 to 1. */
  at: number;
}

/** Parts of a capacity bar in their order; empty ones are left out. */
export function capacityParts(totals: Capacity): BarPart[] {
  const value = (id: CapacityId) => Math.max(0, totals[id] ?? 0);
  const whole = CAPACITY_ORDER.reduce((sum, id) => sum + value(id), 0);
  let at = 0;
  return CAPACITY_ORDER.filter((id) => value(id) > 0).map((id) => {
    const part = { id, ms: value(id), share: value(id) / whole, at };
    at += part.share;
    return part;
  });
}

/** View 2 as a picture: one bar of 100 %. */
export function capacityBar(totals: Capacity, width: number, height: number): El {
  const parts = capacityParts(totals);
  return h(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      width: '100%',
      height,
      preserveAspectRatio: 'none',
      role: 'img',
      class: 'bar',
      'aria-label': labelOf(parts),
    },
    parts.map((part) => {
      const { name, means, colour } = CAPACITY_WORDS[part.id];
      const title = h('title', {}, `${name}: ${share(part.share)} (${ms(part.ms)}) – ${means}`);
      return h(
        'rect',
        {
          x: round(part.at * width),
          y: 0,
          width: round(Math.max(0.4, part.share * width)),
          height,
          fill: `var(--c-${colour})`,
        },
        title,
      );
    }),
  );
}

function labelOf(parts: readonly BarPart[]): string {
  return `Capacity: ${parts.map(({ id, share: part }) => `${CAPACITY_WORDS[id].name} ${share(part)}`).join(', ')}`;
}

export function capacityLegend(totals: Capacity): El {
  const parts = [...capacityParts(totals)].sort((a, b) => b.share - a.share);
  return h(
    'ul',
    { class: 'legend' },
    parts.map(({ id, share: part, ms: time }) => {
      const { name, means, colour } = CAPACITY_WORDS[id];
      return h('li', { title: `${ms(time)} – ${means}` }, swatch(colour), name, ' ', h('b', {}, share(part)));
    }),
  );
}

export function swatch(colour: string): El {
  return h(
    'svg',
    { class: 'swatch', viewBox: '0 0 10 10', 'aria-hidden': 'true' },
    h('rect', { width: 10, height: 10, rx: 2, fill: `var(--c-${colour})` }),
  );
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
