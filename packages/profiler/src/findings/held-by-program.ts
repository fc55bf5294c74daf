import { programMs } from './program-work.js';
import { capacityShare, type PoolView, share } from './view.js';
import { duration, named, percent } from './words.js';

/** Loops that take less of the time are not what workers wait for. */
const MOST_OF_THE_TIME = 0.5;
/** As for R06. */
const IDLE = 0.3;

/** A body that computes keeps the main thread from handing out what waits. */
const IDLE_FOR = ['noWork', 'notParallel', 'starved'] as const;

/** What the program does where its own loop over `map` is the limit, and what to do. */
export interface HeldByProgram {
  sentence: string;
  step: string;
  /** Whether it is a loop over `map`, which makes no call before the one before it is done. */
  isLoop: boolean;
}

/** What workers wait for in the program: a loop over results, the source of its inputs, or other code. */
export function heldByProgram(view: PoolView): HeldByProgram | undefined {
  const { pool, tries } = view;
  const { readerMs, sourceMs } = pool.loops;
  const part = share(Math.max(readerMs, sourceMs), pool.activeMs);
  if (capacityShare(view, ...IDLE_FOR) < IDLE) return undefined;
  if (part < MOST_OF_THE_TIME) return heldByCode(view);
  const each = duration(share(Math.max(readerMs, sourceMs), tries));
  // Loops at once add up.
  const whole = percent(Math.min(1, part));
  return readerMs >= sourceMs
    ? {
        sentence: `workers of ${named(pool.name)} wait for the program: the body of its loop over results takes ${whole} of the time, ${each} for each`,
        step: `The body of the loop over \`pool.map\` takes ${each} for each result. Let the handler do that work, or let several of them go on at once.`,
        isLoop: true,
      }
    : {
        sentence: `workers of ${named(pool.name)} wait for the program: the source of its inputs takes ${whole} of the time, ${each} for each`,
        step: `The source of \`pool.map\` takes ${each} for each input. Let it read ahead, or read several at once.`,
        isLoop: true,
      };
}

/** The program's own code outside of loops over `map`: between a result and the next call, in timers, in listeners. */
function heldByCode({ measured: { parent }, pool }: PoolView): HeldByProgram | undefined {
  const part = share(programMs(parent.ledger), parent.ledger.wallMs);
  if (part < MOST_OF_THE_TIME || pool.kind === 'inline') return undefined;
  const section = parent.sections[0];
  return {
    sentence: `workers of ${named(pool.name)} wait for the program: its own code takes ${percent(part)} of the time of its main thread`,
    step: `Let handlers do that work, or make further calls before it${section === undefined ? '' : `: section ${named(section.name)} takes most`}.`,
    isLoop: false,
  };
}
