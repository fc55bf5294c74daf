// What does each policy cost a call, when it is off and when it is on?
//
// Handlers return their input. No limit is ever reached and no call fails, so all that is left of a policy is its accounting. Each worker
// runs 64 tasks at once. Tasks with limits are not prefetched, so with one at a time their rate would be that of round trips.
import { checkIdentity } from './answers.mjs';
import { closedLoop } from './closed-loop.mjs';
import { costsMore, named } from './goals.mjs';
import { parentCpuMs } from './parent-cpu.mjs';
import { millpond } from './pools/millpond.mjs';
import { warmRound } from './warm-round.mjs';

const CPU = { key: 'parentUs', unit: 'µs of the program a call', better: 'lower' };
const RATE = { key: 'tasksPerSecond', unit: 'tasks/s', better: 'higher' };

const NEVER = { calls: 1e9, perMs: 1000 };
let nextKey = 0;
const key = (input) => String(typeof input === 'number' ? input % 100 : 0);
/** Options of the task, by the policy that they turn on. */
const POLICIES = {
  'no policy': {},
  'rate limit': { rateLimit: NEVER },
  'rate limit, strict window': { rateLimit: { ...NEVER, window: 'strict' } },
  'rate limit by cost': { rateLimit: { unit: 'tokens', max: 1e12, perMs: 1000, cost: () => 5 } },
  'rate limit for 100 keys': { rateLimit: { ...NEVER, key } },
  'two rate limits': { rateLimit: [NEVER, { ...NEVER, perMs: 60_000 }] },
  concurrency: { concurrency: 1e6 },
  'concurrency for 100 keys': { concurrencyByKey: { key, max: 1e6 } },
  retry: { retry: 3 },
  'retry with a budget': { retry: { attempts: 3, budget: 0.1 } },
  breaker: { breaker: {} },
  'breaker by shares': { breaker: { failureShare: 0.5, slowShare: 0.5, slowMs: 1e6 } },
  'breaker for 100 keys': { breaker: { key } },
  'breaker with a fallback': { breaker: { fallback: () => undefined } },
  slowMs: { slowMs: 1e6 },
  exclusive: { exclusive: true },
  'cache, never a hit': { cache: { key: () => String(nextKey++), ttlMs: 1000 } },
  idempotent: { idempotent: true },
  'idempotent, hedge': { idempotent: true, hedge: { after: 1e6 } },
};
const KINDS = ['process', 'thread'];
const nameOf = (kind, policy) => millpond(kind, policy).name;

export default {
  numbers: ['B26'],
  question: 'What does each policy cost a call, when it is off and when it is on?',
  method:
    'A thousand callers call a handler that returns a number again and again. Cost is the processor time of the program per call. No limit is reached, and no call fails.',
  metrics: [CPU, RATE],
  contestants: KINDS.flatMap((kind) =>
    Object.entries(POLICIES).map(([policy, identity]) =>
      millpond(kind, policy, { concurrency: 64, tasks: { identity } }),
    ),
  ),
  full: { rounds: 3 },
  goals: KINDS.flatMap((kind) =>
    ['rate limit', 'concurrency', 'retry'].map((policy) =>
      costsMore({
        number: 'B26',
        text: `${policy} beyond no policy, ${kind}`,
        metric: CPU,
        us: named(nameOf(kind, policy)),
        them: named(nameOf(kind, 'no policy')),
        atMost: policy === 'retry' ? 0.5 : 3,
      }),
    ),
  ),
  round: warmRound({
    check: (run) => checkIdentity(run),
    async measure(run, forMs) {
      const before = parentCpuMs();
      const { done, perSecond } = await closedLoop((i) => run('identity', i), { inFlight: 1000, forMs });
      return { parentUs: ((parentCpuMs() - before) / done) * 1000, tasksPerSecond: perSecond };
    },
  }),
};
