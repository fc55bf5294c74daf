import { randomBytes } from 'node:crypto';
import { checkKeys, refuse, show } from '../options.js';

export interface ServeOptions {
  /** Port to listen on; 0 takes a free one. 0 to 65535. @defaultValue 0 */
  port?: number;
  /** Address of this machine to listen on: no other one is possible. @defaultValue '127.0.0.1' */
  host?: '127.0.0.1' | '::1' | 'localhost';
  /**
   * Secret part of the address: 16 to 128 letters, digits, `-` and `_`. Give one where a collector of metrics must know the address
   * beforehand. Anyone who knows it, and may connect to this machine, can read the page. @defaultValue 24 random bytes
   */
  token?: string;
}

const HOSTS = ['127.0.0.1', '::1', 'localhost'] as const;
const TOKEN = /^[\w-]{16,128}$/;

/** @throws ERR_OPTION when a key or a value is wrong */
export function resolveServeOptions(options: ServeOptions | undefined): Required<ServeOptions> {
  const given = checkKeys(options, ['port', 'host', 'token']);
  const { port = 0, host = '127.0.0.1', token = randomBytes(24).toString('base64url') } = given;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    refuse('port', `must be a whole number from 0 to 65535; received ${show(port)}.`);
  if (!HOSTS.includes(host))
    refuse(
      'host',
      `must be one of "127.0.0.1", "::1", "localhost": the page is for this machine; received ${show(host)}.`,
    );
  if (typeof token !== 'string' || !TOKEN.test(token))
    refuse('token', 'must be a string of 16 to 128 letters, digits, "-" and "_".');
  return { port, host, token };
}
