import { PassThrough, Readable, Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardLines, OutputTarget, type OutputTargets, outputTargets, Tail } from '../../src/transport/output.js';
import { turn } from '../support/scripted-engine.js';

/** A target that takes a chunk only when the test says so. */
class SlowTarget extends Writable {
  readonly written: string[] = [];
  readonly #taken: (() => void)[] = [];

  constructor() {
    super({ highWaterMark: 10, decodeStrings: false });
  }

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    this.written.push(String(chunk));
    this.#taken.push(done);
  }

  takeAll(): void {
    for (let done = this.#taken.shift(); done !== undefined; done = this.#taken.shift()) done();
  }
}

/** What arrives at the target when these chunks are written. */
async function forwarded(chunks: readonly (string | Buffer)[]): Promise<string> {
  let output = '';
  const target = new PassThrough().setEncoding('utf8').on('data', (text: string) => (output += text));
  const source = Readable.from(
    chunks.map((chunk) => Buffer.from(chunk)),
    { objectMode: false },
  );
  forwardLines(source, new OutputTarget(() => target), '[p#1] ');
  await new Promise((resolve) => source.once('close', resolve));
  await new Promise<void>((resolve) => target.end(() => resolve()));
  return output;
}

describe('forwardLines', () => {
  it('labels every line, wherever the chunks are cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(30), { maxLength: 5 }), async (whole, cuts) => {
        const at = [0, ...cuts, 30].toSorted((a, b) => a - b);
        const chunks = at.slice(1).map((end, index) => whole.slice(at[index], end));
        const lines = whole.split('\n');
        if (lines.at(-1) === '') lines.pop();
        expect(await forwarded(chunks.filter((chunk) => chunk !== ''))).toBe(
          lines.map((line) => `[p#1] ${line}\n`).join(''),
        );
      }),
    );
  });

  it('passes a line without end on in pieces', async () => {
    const output = await forwarded(Array<string>(40).fill('x'.repeat(10_000)));
    expect(output.split('\n').length).toBeGreaterThan(2);
    expect(output.replaceAll(/\[p#1\] |\n/g, '')).toBe('x'.repeat(400_000));
  });

  it('cuts such a line between characters, wherever the chunks are cut', async () => {
    // 2, 3 and 4 bytes long; the first chunk shifts them against the bound of a piece.
    for (const character of ['é', '€', '😀']) {
      for (let shift = 0; shift < 4; shift++) {
        const bytes = Buffer.from('x'.repeat(shift) + character.repeat(40_000));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += 4093) chunks.push(bytes.subarray(at, at + 4093));
        const output = await forwarded(chunks);
        expect(output.split('\n').length).toBeGreaterThan(2);
        expect(output.replaceAll(/\[p#1\] |\n/g, '')).toBe(bytes.toString());
      }
    }
  });

  it('passes on what is no text as it is, in pieces that no byte holds up', async () => {
    const bytes = Buffer.alloc(200_000, 0xff);
    let passed = 0;
    const target = new Writable({
      write(chunk: Buffer, _encoding, done) {
        passed += chunk.filter((byte) => byte === 0xff).length;
        done();
      },
    });
    const source = Readable.from([bytes], { objectMode: false });
    forwardLines(source, new OutputTarget(() => target), '> ');
    await new Promise((resolve) => source.once('close', resolve));
    expect(passed).toBe(bytes.length);
  });

  it('reads no faster than the target takes it, and goes on when it does', async () => {
    const target = new SlowTarget();
    const source = new PassThrough();
    forwardLines(source, new OutputTarget(() => target), '> ');
    source.write('one long line\n');
    await turn();
    expect(source.isPaused()).toBe(true);
    source.write('two\n');
    await turn();
    expect(target.written).toEqual(['> one long line\n']);
    target.takeAll();
    await turn();
    target.takeAll();
    expect(target.written).toEqual(['> one long line\n', '> two\n']);
  });

  it('goes on when the target fails, which drains nothing, and leaves the error to the program', async () => {
    const target = new SlowTarget();
    const errors: Error[] = [];
    target.on('error', (error) => errors.push(error));
    const source = new PassThrough();
    forwardLines(source, new OutputTarget(() => target), '> ');
    source.write('one long line\n');
    await turn();
    expect(source.isPaused()).toBe(true);
    target.destroy(new Error('write EPIPE'));
    await turn();
    expect(source.isPaused()).toBe(false);
    source.write('x'.repeat(100_000));
    source.end('\n');
    await new Promise((resolve) => source.once('close', resolve));
    expect(errors.map(({ message }) => message)).toEqual(['write EPIPE']);
    expect(['drain', 'close'].map((event) => target.listenerCount(event))).toEqual([0, 0]);
  });

  it('finds its target at the first line, and only once', async () => {
    const target = new PassThrough();
    let found = 0;
    const source = new PassThrough();
    forwardLines(source, new OutputTarget(() => (found++, target)), '> ');
    source.write('the beginning of a line');
    await turn();
    expect(found).toBe(0);
    source.write(' and its end\nanother\n');
    await turn();
    source.write('and one more\n');
    await turn();
    expect(found).toBe(1);
    expect(String(target.read())).toBe('> the beginning of a line and its end\n> another\n> and one more\n');
  });

  it.each([
    { what: 'the program has none', find: () => undefined },
    {
      what: 'Node cannot open it',
      find: () => {
        throw new Error('ERR_TTY_INIT_FAILED');
      },
    },
  ])('throws lines away where $what', ({ find }) => {
    const source = new PassThrough();
    const endLine = forwardLines(source, new OutputTarget(find), '> ');
    // Called as Node does when it has read a chunk: what a listener throws would end the program.
    expect(() => source.emit('data', Buffer.from('a line\nand the beginning of one'))).not.toThrow();
    expect(endLine).not.toThrow();
    expect(source.isPaused()).toBe(false);
  });

  it('puts one listener on a target, however many sources wait for it', async () => {
    const target = new SlowTarget();
    const sources = Array.from({ length: 20 }, () => new PassThrough());
    for (const source of sources) forwardLines(source, new OutputTarget(() => target), '> ');
    for (const source of sources) source.write('a line that fills it\n');
    await turn();
    expect(target.listenerCount('drain')).toBe(1);
    for (let round = 0; round < 50; round++) {
      target.takeAll();
      await turn();
    }
    expect(target.written).toHaveLength(20);
    expect(sources.some((source) => source.isPaused())).toBe(false);
  });
});

describe('outputTargets', () => {
  const streams = ({ stdout, stderr }: OutputTargets) => ({ stdout: stdout?.stream, stderr: stderr?.stream });

  it('are those that stdio names', () => {
    const { stdout, stderr } = process;
    expect(streams(outputTargets('pipe'))).toEqual({ stdout, stderr });
    expect(streams(outputTargets('stderr'))).toEqual({ stdout: stderr, stderr });
    expect(streams(outputTargets('ignore'))).toEqual({ stdout: undefined, stderr: undefined });
  });
});

describe('Tail', () => {
  it('keeps the last 8 KB, whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6000), { maxLength: 12 }), (lengths) => {
        const tail = new Tail();
        let whole = '';
        for (const [at, length] of lengths.entries()) {
          const chunk = String.fromCharCode(97 + at).repeat(length);
          tail.add(Buffer.from(chunk));
          whole += chunk;
        }
        expect(tail.toString()).toBe(whole.slice(-8192));
      }),
    );
  });

  it('is empty at first', () => {
    expect(new Tail().toString()).toBe('');
  });
});
