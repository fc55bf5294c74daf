import type { CodecName } from '../contract/codec.js';
import { LARGE_BYTES } from './arena.js';
import { ModuleCodec } from './module-codec.js';
import { TreeDecoder } from './tree-decoder.js';
import { TreeEncoder } from './tree-encoder.js';
import type { ValueDecoder, ValueEncoder } from './value-codec.js';

/** @throws ERR_OPTION when the codec cannot be loaded */
export function openEncoder(name: CodecName, limitBytes: number): ValueEncoder {
  if (typeof name === 'object') return new ModuleCodec(limitBytes, name.moduleUrl);
  return new TreeEncoder({ limitBytes, largeBytes: LARGE_BYTES });
}

/** @throws ERR_OPTION when the codec cannot be loaded */
export function openDecoder(name: CodecName): ValueDecoder {
  return typeof name === 'object' ? new ModuleCodec(Infinity, name.moduleUrl) : new TreeDecoder();
}
