import { describe, expect, it } from 'vitest';
import { FRAME, type Frame, type ParentKind } from '../../src/wire/frame.js';
import { frameRouter } from '../../src/wire/frame-router.js';

function open() {
  const heard: unknown[] = [];
  const note =
    (kind: string) =>
    ({ body }: { body: unknown }): void =>
      void heard.push([kind, body]);
  const route = frameRouter<ParentKind>('The parent', {
    [FRAME.init]: note('init'),
    [FRAME.tasks]: note('tasks'),
    [FRAME.cancel]: note('cancel'),
    [FRAME.stop]: note('stop'),
    [FRAME.tune]: note('tune'),
    [FRAME.pressure]: note('pressure'),
    [FRAME.request]: note('request'),
    [FRAME.reply]: note('reply'),
    [FRAME.withdraw]: note('withdraw'),
    [FRAME.flow]: note('flow'),
    [FRAME.credit]: note('credit'),
    [FRAME.sourceEnd]: note('sourceEnd'),
    [FRAME.profile]: note('profile'),
  });
  const arrive = (kind: unknown, body?: unknown): void =>
    route({
      kind,
      body,
      meta: new Uint32Array(0),
      values: Buffer.alloc(0),
      beside: [],
      sentAt: 0,
      receivedAt: 0,
    } as Frame);
  return { heard, arrive };
}

describe('a router of frames', () => {
  it('hands each frame to the handler of its kind', () => {
    const { heard, arrive } = open();
    arrive(FRAME.tune, { concurrency: 3 });
    arrive(FRAME.stop);
    expect(heard).toEqual([
      ['tune', { concurrency: 3 }],
      ['stop', undefined],
    ]);
  });

  it.each([
    ['that only the receiver sends', FRAME.results],
    ['that nothing sends', 14],
    ['that an object has by inheritance', 'constructor'],
    ['that is no kind at all', undefined],
  ])('refuses a kind %s', (_, kind) => {
    const { heard, arrive } = open();
    expect(() => arrive(kind)).toThrow(`The parent sent a frame of kind ${kind}, which is not one of its kinds.`);
    expect(heard).toEqual([]);
  });
});
