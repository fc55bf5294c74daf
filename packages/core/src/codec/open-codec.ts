import type { CodecName } from '../contract/codec.js';
import type { Arena } from './arena.js';
import type { ValueCodec } from './value-codec.js';
import { JsonCodec } from './json-codec.js';
import { ModuleCodec } from './module-codec.js';
import { MsgpackCodec } from './msgpack-codec.js';
import { StructuredCodec } from './structured-codec.js';

/**
 * The codec of a name, loaded.
 * @throws ERR_OPTION when it cannot be
 */
export function openCodec(name: CodecName, limitBytes: number, arena?: Arena): ValueCodec {
  if (typeof name === 'object') return new ModuleCodec(limitBytes, name.moduleUrl);
  switch (name) {
    case 'structured':
      return new StructuredCodec(limitBytes, arena);
    case 'msgpack':
      return new MsgpackCodec(limitBytes, arena);
    case 'json':
      return new JsonCodec(limitBytes);
  }
}

/** The same for a channel that clones by itself: none for 'structured'. */
export function openPortCodec(name: CodecName, limitBytes: number): ValueCodec | undefined {
  return name === 'structured' ? undefined : openCodec(name, limitBytes);
}
