import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FileClaims, FileLogWriter } from '../../src/child/claims.js';
import { RecordBuffer } from '../../src/child/record-buffer.js';
import { Sink } from '../../src/codec/sink.js';
import { BOARD_BYTES, nextId } from '../../src/wire/claim-board.js';
import { LOG_BYTES } from '../../src/wire/result-log.js';
import { openBoard } from '../support/result-link.js';

const PAGE = 4096;

function record(): Buffer {
  const buffer = new RecordBuffer();
  buffer.add(1, 0, 0, new Sink(), undefined, { receivedAt: 0, decodedAt: 0, startedAt: 0, endedAt: 0 });
  return Buffer.from(buffer.written());
}

describe('a board that is closed', () => {
  it('takes nothing and tells nothing, however often it is closed', () => {
    const board = openBoard();
    const id = nextId(3, 0);
    new FileClaims(board.fd).claim(id, 10);
    const log = new FileLogWriter(board.fd);
    const bytes = record();
    log.append(bytes, 0, bytes.length);
    expect([board.claimOf(id), board.log.peek()?.length]).toEqual([{ run: id, atMs: 10 }, bytes.length]);
    board.close();
    board.close();
    expect(board.revoke(id)).toBe(false);
    expect([board.claimOf(id), board.decoding(), board.section(), board.isIntact()]).toEqual([undefined, 0, '', false]);
    expect([board.log.peek(), board.log.peek(bytes.length)?.length ?? 0]).toEqual([undefined, 0]);
    expect(() => board.log.advance(LOG_BYTES)).not.toThrow();
  });

  it('does nothing to another file that has got its number meanwhile', () => {
    const board = openBoard();
    board.close();
    const next = openBoard();
    expect(next.fd).toBe(board.fd);
    expect(board.revoke(1)).toBe(false);
    expect(new FileClaims(next.fd).claim(1, 0)).toBe(true);
  });
});

describe('a board whose file is closed already', () => {
  it('throws nowhere, and says that it took nothing', () => {
    const board = openBoard();
    closeSync(board.fd);
    expect([board.revoke(1), board.claimOf(1), board.decoding(), board.section(), board.isIntact()]).toEqual([
      false,
      undefined,
      0,
      '',
      false,
    ]);
    expect(board.log.peek()).toBeUndefined();
    expect(() => board.log.advance(LOG_BYTES)).not.toThrow();
    expect(() => board.close()).not.toThrow();
  });
});

describe('a board that its worker has wiped', () => {
  it('is not intact when it was cut off, wherever', () => {
    for (const size of [0, PAGE, BOARD_BYTES - PAGE, BOARD_BYTES - 1]) {
      const board = openBoard();
      ftruncateSync(board.fd, size);
      expect(board.isIntact()).toBe(false);
      expect(board.log.peek()).toBeUndefined();
    }
  });

  it('is not intact when it was cut off and has grown again', () => {
    const board = openBoard();
    ftruncateSync(board.fd, 0);
    ftruncateSync(board.fd, BOARD_BYTES + LOG_BYTES);
    expect([board.isIntact(), board.claimOf(nextId(3, 0))]).toEqual([false, undefined]);
  });

  it('is not intact when anything else was written over any page of it', () => {
    for (let at = 0; at < BOARD_BYTES; at += PAGE) {
      const board = openBoard();
      writeSync(board.fd, Buffer.alloc(PAGE, 0x55), 0, PAGE, at);
      expect(board.isIntact(), `page at ${at}`).toBe(false);
    }
  });

  it('holds no record that was wiped from its log', () => {
    const board = openBoard();
    const log = new FileLogWriter(board.fd);
    for (let count = 0; count < 3; count++) {
      const bytes = record();
      log.append(bytes, 0, bytes.length);
    }
    const { length } = record();
    writeSync(board.fd, Buffer.alloc(length), 0, length, BOARD_BYTES + length);
    expect([board.log.peek()?.length, board.log.peek(3 * length)?.length]).toEqual([length, length]);
  });
});

interface Opened {
  dev: number;
  bytes: number;
  isIntact: boolean;
  isRevoked: boolean;
}

const SCRIPT = fileURLToPath(new URL('../fixtures/opens-boards.mjs', import.meta.url));
/** Whether this user may have mounts of its own. */
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

describe.runIf(canMount)('where /dev/shm has room for one board only', () => {
  it('the next one lies in the folder for temporary files, whole as well', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millpond-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const args = ['-m', process.execPath, SCRIPT, '3', '900k'];
    const printed = execFileSync('unshare', args, { env: { ...process.env, TMPDIR: folder }, encoding: 'utf8' });
    const opened = JSON.parse(printed) as Opened[];
    const temporary = statSync(folder).dev;
    expect(opened.map(({ dev }) => dev === temporary)).toEqual([false, true, true]);
    for (const board of opened) {
      expect(board).toMatchObject({ bytes: BOARD_BYTES + LOG_BYTES, isIntact: true, isRevoked: true });
    }
  });

  it('and no other folder takes files, there is no board, and no error', () => {
    const args = ['-m', process.execPath, SCRIPT, '2', '900k'];
    const env = { ...process.env, TMPDIR: '/nowhere' };
    const opened = JSON.parse(execFileSync('unshare', args, { env, encoding: 'utf8' })) as (Opened | null)[];
    expect([opened[0]?.isIntact, opened[1]]).toEqual([true, null]);
  });
});
