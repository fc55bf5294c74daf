import { closeSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { FileLogWriter } from '../../src/child/claims.js';
import { ProgressLink } from '../../src/child/progress-link.js';
import { ResultWriter } from '../../src/child/result-writer.js';
import { Arena } from '../../src/codec/arena.js';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import type { CodecName } from '../../src/contract/codec.js';
import type { TransferItem } from '../../src/contract/transfer-item.js';
import { BoardFile } from '../../src/transport/board-file.js';
import { openMemoryFile } from '../../src/transport/memory-file.js';
import { sharedBoard } from '../../src/transport/shared-board.js';
import { BOARD_BYTES } from '../../src/wire/claim-board.js';
import type { Cargo, Frame, FrameKind, ResultsFrame } from '../../src/wire/frame.js';
import { encodeFrame, FrameReader } from '../../src/wire/frame-codec.js';
import { STATUS } from '../../src/wire/record.js';
import { type LogReader, type LogWriter, MemoryLogReader, MemoryLogWriter } from '../../src/wire/result-log.js';
import { ResultReader } from '../../src/worker/result-reader.js';
import type { ResultRow } from '../../src/worker/result-row.js';
import { LocalChannel, NO_CARGO } from './local-channel.js';

const FORMAT = { maxPayloadBytes: Infinity };

/** Keeps the frames it is given, as the other end of a socket, or of a port (`clones`), would receive them. */
export class RecordingChannel extends LocalChannel {
  readonly clones: boolean;
  readonly frames: Frame[] = [];
  onSent: () => void = () => {};
  readonly #reader = new FrameReader(FORMAT, (frame) => this.frames.push(frame));

  constructor(clones: boolean) {
    super();
    this.clones = clones;
  }

  send(kind: FrameKind, body: unknown, cargo = NO_CARGO): number {
    const sentAt = this.clones ? this.#clone(kind, body, cargo) : this.#encode(kind, body, cargo);
    this.onSent();
    return sentAt;
  }

  #encode(kind: FrameKind, body: unknown, cargo: Cargo): number {
    const { parts, sentAt } = encodeFrame(FORMAT, kind, body, cargo);
    this.#reader.push(Buffer.concat(parts));
    return sentAt;
  }

  #clone(kind: FrameKind, body: unknown, { meta, values = [], beside = [], transfer = [] }: Cargo): number {
    const sentAt = hostNowMs();
    const list = [...transfer, ...beside] as TransferItem[];
    const arrived = structuredClone({ body, beside }, { transfer: list as never });
    const receivedAt = hostNowMs();
    this.frames.push({ kind, ...arrived, meta: meta.slice(), values: Buffer.concat(values), sentAt, receivedAt });
    return sentAt;
  }
}

/** Both ends of a result log. */
export interface LogEnds {
  writer: LogWriter;
  reader: LogReader;
}

/** By where they lie. They are closed when the test is over. */
export const LOGS = {
  memory(): LogEnds {
    const memory = sharedBoard();
    return { writer: new MemoryLogWriter(memory, BOARD_BYTES), reader: new MemoryLogReader(memory, BOARD_BYTES) };
  },
  file(): LogEnds {
    const board = openBoard();
    return { writer: new FileLogWriter(board.fd), reader: board.log };
  },
};

/** A board in a file, which is closed when the test is over. */
export function openBoard(): BoardFile {
  const board = BoardFile.open();
  if (board === undefined) throw new Error('No folder takes a board.');
  onTestFinished(() => board.close());
  return board;
}

/** Two arenas that face each other. They are closed when the test is over. */
export function openArenas(capacity?: number): { here: Arena; there: Arena } {
  const fds = [openMemoryFile(Buffer.alloc(4096)), openMemoryFile(Buffer.alloc(4096))] as const;
  const here = new Arena(fds[0], fds[1], undefined, capacity);
  const there = new Arena(fds[1], fds[0], undefined, capacity);
  onTestFinished(() => {
    here.close();
    there.close();
    for (const fd of fds) closeSync(fd);
  });
  return { here, there };
}

/** What was read of one result. */
export interface ReadRow {
  wireId: number;
  status: number;
  value: unknown;
}

function readRow(row: ResultRow): ReadRow {
  const { wireId, status } = row;
  return { wireId, status, value: status === STATUS.ok || status === STATUS.error ? row.value : row.refusal };
}

export interface LinkOptions {
  clones?: boolean;
  log?: LogEnds | undefined;
  /** Most bytes of large values on their way; without it there is no arena. */
  arena?: number;
  codec?: CodecName;
  limitBytes?: number;
  isWanted?: (wireId: number) => boolean;
  onRow?: (row: ResultRow) => void;
  /** Clock of the parent. */
  now?: () => number;
}

/** The worker's end of a way for results, and the parent's. */
export function openLink(options: LinkOptions = {}) {
  const { clones = false, log, arena, codec = 'structured', limitBytes = 2 ** 30 } = options;
  const arenas = arena === undefined ? undefined : openArenas(arena);
  const channel = new RecordingChannel(clones);
  const encoder = openEncoder(codec, limitBytes);
  const writer = new ResultWriter({ channel, encoder, log: log?.writer, arena: arenas?.there });
  const progress = new ProgressLink(channel, encoder);
  const rows: ReadRow[] = [];
  /** Tasks whose handlers have returned, by the log, and whose results come by a frame. */
  const returned: number[] = [];
  const reader = new ResultReader({
    log: log?.reader,
    arena: arenas?.here,
    openDecoder: () => openDecoder(codec),
    now: options.now ?? hostNowMs,
    isWanted: options.isWanted ?? (() => true),
    onReturned: (wireId) => void returned.push(wireId),
    onRow(row) {
      rows.push(readRow(row));
      options.onRow?.(row);
    },
  });
  let received = 0;
  /** Frames that the parent has not looked at yet. */
  const frames = (): ResultsFrame[] => channel.frames.slice(received) as ResultsFrame[];
  /** Reads those frames. */
  const receive = (): void => {
    for (const frame of frames()) {
      received++;
      reader.readFrame(frame, hostNowMs());
    }
  };
  let ended = 1000;
  /** Adds the result of a task: as it came in at 1000, was decoded, began and ended a millisecond later each. Whether the log has it. */
  const add = (wireId: number, value: unknown, isLasting = false, status: number = STATUS.ok): boolean => {
    ended += 4;
    return writer.add(wireId, status, value, isLasting, {
      receivedAt: ended - 3,
      decodedAt: ended - 2,
      startedAt: ended - 1,
      endedAt: ended,
    });
  };
  return { returned, channel, writer, progress, reader, rows, frames, receive, add, arenas };
}
