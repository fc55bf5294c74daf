import { hostNowMs } from '../base/clock.js';
import { debugLog, poolName } from '../base/debug-log.js';
import { getBuiltinModule, queueMicrotask } from '../base/natives.js';
import { type CacheMessage, CHANNELS } from '../contract/trace.js';

const cacheChannel = getBuiltinModule('node:diagnostics_channel').channel(CHANNELS.cache);
const log = debugLog('cache');

/** Publishes what happens in one cache. Listeners run in a microtask: they may call the cache. */
export class CacheTrace {
  readonly #pool: object;

  constructor(pool: object) {
    this.#pool = pool;
  }

  /** The time; 0 while there are no listeners, so that calls pay for no clock. */
  nowMs(): number {
    return cacheChannel.hasSubscribers ? hostNowMs() : 0;
  }

  /** Publishes the end of a call's wait for an equal one, if there are listeners now. Returns the same answer. */
  follow(task: string, key: string, answer: Promise<unknown>): Promise<unknown> {
    if (!cacheChannel.hasSubscribers) return answer;
    const beganMs = hostNowMs();
    const ended = (): void => this.#send({ task, key, what: 'answered', waitedMs: hostNowMs() - beganMs });
    void answer.then(ended, ended);
    return answer;
  }

  /** @param keyMs time that key and tags of a call took */
  publish(task: string, key: string, what: CacheMessage['what'], cause?: CacheMessage['cause'], keyMs = 0): void {
    if (log.isOn) log.write('%s: %s "%s" %s', poolName(this.#pool), what, task, key, cause ?? '');
    this.#send({ task, key, what, cause, keyMs });
  }

  #send(parts: Pick<CacheMessage, 'task' | 'key' | 'what'> & Partial<CacheMessage>): void {
    if (!cacheChannel.hasSubscribers) return;
    const message: CacheMessage = { pool: this.#pool, cause: undefined, keyMs: 0, waitedMs: 0, ...parts };
    queueMicrotask(() => cacheChannel.publish(message));
  }
}
