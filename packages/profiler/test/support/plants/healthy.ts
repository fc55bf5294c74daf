import { drawPool } from './draw.js';
import type { Planter } from './plant.js';

/** Pools of which nothing is worth changing. */
export const healthyPools: readonly Planter[] = [
  // All workers compute, and each has a core.
  (draw) => ({
    record: drawPool(draw, { workers: draw.whole(2, 8), arrivals: 'batch', sigma: draw.between(0.05, 0.5) }),
  }),
  (draw) => ({ record: drawPool(draw, { workers: draw.whole(2, 8), arrivals: 'window' }) }),
  // Handlers await zlib or crypto, whose threads use all cores.
  (draw) => {
    const workers = draw.whole(2, 8);
    return { record: drawPool(draw, { workers, work: 'native', arrivals: 'batch', cores: workers }) };
  },
  // Calls come by themselves, and find a free worker.
  (draw) => ({
    record: drawPool(draw, { workers: draw.whole(3, 8), arrivals: 'open', load: draw.between(0.1, 0.45) }),
  }),
  // Handlers wait, and their places suffice.
  (draw) => ({
    record: drawPool(draw, {
      ...{ workers: draw.whole(2, 4), concurrency: draw.whole(8, 16), work: 'wait', arrivals: 'open' },
      load: draw.between(0.1, 0.5),
    }),
  }),
  // Handlers block, and there are as many workers as calls.
  (draw) => ({
    record: drawPool(draw, {
      workers: draw.whole(4, 8),
      work: 'block',
      arrivals: 'open',
      load: draw.between(0.1, 0.4),
    }),
  }),
];
