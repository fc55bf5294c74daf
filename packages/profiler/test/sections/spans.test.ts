import { beforeEach, describe, expect, it } from 'vitest';
import { gate, refusal, refusalOf, sectionsOnOwnClock } from './own-clock.js';

let { sections, spend, measured } = sectionsOnOwnClock();

beforeEach(() => {
  ({ sections, spend, measured } = sectionsOnOwnClock());
});

describe('start and end', () => {
  it('nests by order, and ends by handle or by name', () => {
    const load = sections.start('load');
    spend(1);
    sections.start('read');
    spend(2);
    sections.end('read');
    spend(4);
    load.end();
    expect(measured()).toEqual({ load: [1, 7, 5], 'load/read': [1, 2, 2] });
  });

  it('ends the innermost of two of one name', () => {
    sections.start('walk');
    spend(1);
    sections.start('walk');
    spend(2);
    sections.end('walk');
    spend(4);
    sections.end('walk');
    expect(measured()).toEqual({ walk: [1, 7, 5], 'walk/walk': [1, 2, 2] });
  });

  it('nests in the section whose function it is called in', () => {
    sections.section('load', () => {
      const span = sections.start('read');
      sections.section('stat', () => spend(2));
      spend(1);
      span.end();
    });
    expect(measured()).toEqual({ load: [1, 3, 0], 'load/read': [1, 3, 1], 'load/read/stat': [1, 2, 2] });
  });

  it('refuses an end without a start, and says what is open', () => {
    expect(refusal(() => sections.end('parse'))).toBe(
      'Section "parse" was not started here, or has ended already. Call start("parse") before end("parse"); no section is open now.',
    );
    sections.start('load');
    expect(refusal(() => sections.end('parse'))).toMatch('open now: "load"');
  });

  it('refuses to end twice', () => {
    const span = sections.start('parse');
    span.end();
    expect(refusal(() => span.end())).toMatch('Section "parse" has ended already. Call end() once per start()');
    expect(measured()).toEqual({ parse: [1, 0, 0] });
  });

  it('refuses to end a parent while its child is open, by handle and by name, and stays usable', () => {
    const load = sections.start('load');
    sections.start('read');
    expect(refusal(() => load.end())).toMatch(
      '"load" cannot end yet: "read" is still open inside it. End "read" first',
    );
    expect(refusal(() => sections.end('load'))).toMatch('"read" is still open inside it');
    spend(3);
    sections.end('read');
    load.end();
    expect(measured()).toEqual({ load: [1, 3, 0], 'load/read': [1, 3, 3] });
  });

  it('refuses to end a span from inside a section it contains', () => {
    const load = sections.start('load');
    sections.section('read', () => {
      expect(refusal(() => load.end())).toMatch('"read" is still open inside it');
      expect(refusal(() => sections.end('load'))).toMatch('"read" is still open inside it');
      expect(refusal(() => sections.end('read'))).toMatch('is timed by section(), which ends it');
    });
    load.end();
  });

  it('refuses to end while an async section inside is under way', async () => {
    const { opened, open } = gate();
    const load = sections.start('load');
    const read = sections.section('read', () => opened);
    expect(refusal(() => load.end())).toMatch('"read" is still open inside it');
    open();
    await read;
    load.end();
    expect(sections.openPaths()).toEqual([]);
  });

  it('refuses to leave a span open at the end of the section it was started in', async () => {
    expect(refusal(() => sections.section('load', () => void sections.start('read')))).toMatch(
      'Section "load" ended while "read", started inside it, was open. End "read" before the function returns',
    );
    expect(await refusalOf(() => sections.section('load', async () => void sections.start('read')))).toMatch(
      'ended while',
    );
    expect(sections.openPaths()).toEqual([]);
  });

  it('lets the error of a function through that left a span open by it', () => {
    expect(() =>
      sections.section('load', () => {
        sections.start('read');
        throw new TypeError('no');
      }),
    ).toThrow(TypeError);
    expect(sections.openPaths()).toEqual([]);
  });

  it('ends with the block, together with what is open inside', () => {
    const load = sections.start('load');
    sections.start('read');
    spend(2);
    load[Symbol.dispose]();
    load[Symbol.dispose]();
    expect(measured()).toEqual({ load: [1, 2, 0], 'load/read': [1, 2, 2] });
  });
});

describe('after stop', () => {
  it('nothing begins any more, and the message says what to do', () => {
    sections.stop();
    expect(refusal(() => sections.start('a'))).toMatch(
      'cannot be timed: this profiler has stopped. Make a new Profiler',
    );
    expect(refusal(() => sections.section('a', () => 1))).toMatch('this profiler has stopped');
  });

  it('what was open may end without an error', async () => {
    const { opened, open } = gate();
    const span = sections.start('a');
    const section = sections.section('b', async () => {
      await opened;
      sections.end('c');
      return 1;
    });
    sections.stop();
    span.end();
    sections.end('a');
    open();
    expect(await section).toBe(1);
  });
});

describe('names made of data', () => {
  it('end by their own name when they are counted together', () => {
    for (let file = 0; file < 2000; file++) {
      sections.start(`file ${file}`);
      spend(1);
      sections.end(`file ${file}`);
    }
    expect(Object.keys(measured())).toHaveLength(251);
    expect(measured()['(other)']).toEqual([1750, 1750, 1750]);
  });
});
