/** Longest name of a peer. */
const LONGEST_PEER = 200;
/** Origins that are remembered. They are forgotten all at once. */
const MOST_ORIGINS = 300;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Name of a peer as reports show it: host and port, or the path of a socket. An unknown one is ''. */
export function peerName(address: unknown, port: unknown): string {
  if (typeof address !== 'string' || address === '') return '';
  const isPort = (typeof port === 'number' && port > 0) || (typeof port === 'string' && /^\d{1,5}$/.test(port));
  if (address.startsWith('/') || address.startsWith('\\\\')) return address.slice(0, LONGEST_PEER);
  const host = hostOf(address);
  return (isPort ? `${host}:${port}` : host).slice(0, LONGEST_PEER);
}

/** The host alone: no user, no password, no path. */
function hostOf(address: string): string {
  const [first = ''] = address.split(/[/?#]/, 1);
  const host = first.slice(first.lastIndexOf('@') + 1);
  const isBareIpv6 = host.indexOf(':') !== host.lastIndexOf(':') && !host.startsWith('[');
  return isBareIpv6 ? `[${host}]` : host;
}

/** Peers of origins such as `http://127.0.0.1:8080`. A URL takes 2 µs to read, so those seen before are remembered. */
export class OriginNames {
  readonly #known = new Map<string, string>();

  /** The peer; undefined if the origin is none. */
  get(origin: unknown): string | undefined {
    const text = typeof origin === 'string' ? origin : origin instanceof URL ? origin.href : undefined;
    if (text === undefined) return undefined;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const peer = read(text);
    if (peer === undefined) return undefined;
    if (this.#known.size >= MOST_ORIGINS) this.#known.clear();
    this.#known.set(text, peer);
    return peer;
  }
}

function read(origin: string): string | undefined {
  if (origin.length > 2000 || !URL.canParse(origin)) return undefined;
  const { hostname, port, protocol } = new URL(origin);
  return peerName(hostname, port === '' ? DEFAULT_PORTS[protocol] : port);
}
