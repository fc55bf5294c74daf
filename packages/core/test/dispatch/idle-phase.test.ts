import { channel } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PhaseMessage } from '../../src/contract/profile-messages.js';
import { CHANNELS } from '../../src/contract/trace.js';
import { idlePhase, type Standing } from '../../src/dispatch/idle-phase.js';
import { openEngine, type Staff, turn } from '../support/scripted-engine.js';

const rest: Standing = { isPaused: false, queued: 0, blocked: 0, unsettled: 0, isWorking: false };

describe('the reason why idle workers have no task', () => {
  it.each<[string, Partial<Standing>]>([
    ['noWork', {}],
    ['noWork', { isPaused: true }],
    ['starved', { queued: 1, unsettled: 1 }],
    ['starved', { queued: 1, blocked: 3, unsettled: 5, isWorking: true }],
    ['paused', { queued: 1, unsettled: 1, isPaused: true }],
    ['limited', { blocked: 1, unsettled: 2, isWorking: true }],
    // Between two tries.
    ['limited', { unsettled: 1 }],
    ['notParallel', { unsettled: 1, isWorking: true }],
  ])('is %s for %j', (expected, standing) => {
    expect(idlePhase({ ...rest, ...standing })).toBe(expected);
  });
});

describe('its channel', () => {
  const heard: PhaseMessage[] = [];
  const listen = (message: unknown): void => void heard.push(message as PhaseMessage);
  beforeEach(() => channel(CHANNELS.phase).subscribe(listen));
  afterEach(() => {
    channel(CHANNELS.phase).unsubscribe(listen);
    heard.length = 0;
  });

  it('tells each change, once', async () => {
    const { submit, staffUp, clock } = openEngine();
    submit();
    submit();
    const [{ transport }] = (await staffUp(1)) as [Staff];
    await turn();
    clock.advance(10);
    for (let replied = 0; replied < 2; await turn()) {
      for (const { wireId } of transport.takeTasks()) {
        transport.reply({ wireId });
        replied++;
      }
    }
    const phases = heard.map(({ phase }) => phase);
    expect(phases[0]).toBe('starved');
    expect(phases.at(-1)).toBe('noWork');
    expect(phases).toContain('notParallel');
    for (const [i, phase] of phases.entries()) expect(phase).not.toBe(phases[i - 1]);
    expect(heard.at(-1)).toMatchObject({ queued: 0, blocked: 0, unsettled: 0, atMs: clock.now() });
  });

  it('tells of a pause only while tasks wait', async () => {
    const { engine, submit, staffUp } = openEngine();
    await staffUp(1);
    engine.dispatcher.pause();
    submit();
    await turn();
    expect(heard.map(({ phase }) => phase)).toEqual(['noWork', 'paused']);
  });
});
