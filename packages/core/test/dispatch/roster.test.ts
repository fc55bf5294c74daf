import { describe, expect, it } from 'vitest';
import { begun, openEngine, turn } from '../support/scripted-engine.js';

describe('a finished result beside a handler that computes', () => {
  it.each(['stays', 'leaves'])('reaches its caller within milliseconds when the only worker %s', async (what) => {
    const engine = openEngine({ concurrency: 3 });
    const [staff] = await engine.staffUp(1);
    if (staff === undefined) throw new Error('No worker is ready.');
    const made = [engine.submit(), engine.submit(), engine.submit()];
    await turn();
    const [first, second] = begun(staff);
    if (first === undefined || second === undefined) throw new Error('Nothing has begun.');
    if (what === 'leaves') staff.worker.drain('its heap is nearly full', 5000);
    staff.transport.reply({ wireId: first.wireId, value: 'first' });
    await turn();
    // In the log only: the third computes, so that no frame tells of the second.
    staff.transport.finish({ wireId: second.wireId, value: 'second' });
    engine.clock.advance(10);
    await turn();
    expect(made.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 0]);
  });
});
