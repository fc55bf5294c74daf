import { createHash, timingSafeEqual } from 'node:crypto';

/** Parts of a request that decide whether it is answered. */
export interface AccessRequest {
  method: string | undefined;
  url: string | undefined;
  /** Names and values in turn, as they came. */
  rawHeaders: readonly string[];
}

export interface AccessTerms {
  token: string;
  /** Values of Host that are this server: name and port. */
  hosts: readonly string[];
}

export type Access =
  { ok: true; route: string; query: string } | { ok: false; status: 400 | 403 | 404 | 405; text: string };

const METHODS: readonly (string | undefined)[] = ['GET', 'HEAD'];

/**
 * Whether a request is answered. Host and Origin come first. A page whose own name leads to this machine sends that name as
 * Host. Then the token, then the method, so that a stranger learns nothing from an answer.
 */
export function accessOf({ method, url, rawHeaders }: AccessRequest, { token, hosts }: AccessTerms): Access {
  const named = valuesOf('host', rawHeaders);
  if (named.length !== 1) return refuse(400, 'A request has exactly one Host.');
  const host = named[0]?.toLowerCase() ?? '';
  if (!hosts.includes(host)) return refuse(403, 'This server answers to its own address only.');
  const origins = valuesOf('origin', rawHeaders);
  if (origins.some((origin) => origin !== `http://${host}`))
    return refuse(403, 'Pages of other origins get no answer.');
  if (comesFromOtherSite(rawHeaders)) return refuse(403, 'Pages of other sites get no answer.');
  const [path = '', query = ''] = split(url ?? '', '?');
  const [given = '', route = ''] = path.startsWith('/') ? split(path.slice(1), '/') : [];
  if (!isSame(given, token)) return refuse(404, 'There is nothing here. The address of the page holds a token.');
  if (!METHODS.includes(method)) return refuse(405, 'This server can only be read.');
  return { ok: true, route, query };
}

function refuse(status: 400 | 403 | 404 | 405, text: string): Access {
  return { ok: false, status, text };
}

/** A browser says so itself. A link that a person follows is no danger; what a page loads or sends is. */
function comesFromOtherSite(rawHeaders: readonly string[]): boolean {
  const site = valuesOf('sec-fetch-site', rawHeaders)[0] ?? 'none';
  const mode = valuesOf('sec-fetch-mode', rawHeaders)[0];
  return site !== 'none' && site !== 'same-origin' && mode !== 'navigate';
}

function valuesOf(name: string, rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

/** What stands before the first separator, and behind it. */
function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Takes the same time whatever the two have in common. Hashes have one length. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
