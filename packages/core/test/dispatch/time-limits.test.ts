import { describe, expect, it } from 'vitest';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';

describe('a task whose time is up while its stack is asked for', () => {
  it.each(['ends by itself', 'does not end'])('has the one outcome: it %s', async (what) => {
    const engine = openEngine({ timeoutStack: true, timeoutMs: 100, graceMs: 1e6 });
    const [only] = (await engine.staffUp(1)) as [Staff];
    const made = engine.submit();
    await turn();
    const [sent] = begun(only);
    // Its stack comes in a later turn of the microtasks; the result in this one.
    engine.clock.advance(100);
    expect(made.outcomes).toEqual([]);
    if (what === 'ends by itself') only.transport.reply({ wireId: sent?.wireId ?? 0, value: 'in time' });
    await turn();
    expect(made.outcomes).toMatchObject([
      what === 'ends by itself' ? { value: 'in time' } : { error: { code: 'ERR_TASK_TIMEOUT' } },
    ]);
    expect(engine.registry.counts.timedOut).toBe(what === 'ends by itself' ? 0 : 1);
  });
});
