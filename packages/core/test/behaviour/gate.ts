import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Where handlers of `waits-at-gate.mjs` wait until the test lets them pass, whatever process they run in. Tells who has
 * arrived, so that a test need not guess when a task runs.
 */
export class Gate {
  /** Names in the order they came; a task that is run again comes again. */
  readonly arrived: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Map<string, Socket>();
  readonly #open = new Set<Socket>();
  readonly #checks = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#open.add(socket);
      socket.on('error', () => {}); // its worker was killed
      socket.on('close', () => this.#open.delete(socket));
      const lines = createInterface(socket);
      lines.on('error', () => {}); // the socket's own, passed on
      lines.once('line', (name) => {
        this.arrived.push(name);
        this.#sockets.set(name, socket);
        for (const check of this.#checks) check();
      });
    });
  }

  static async open(): Promise<Gate> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gate(server);
  }

  /** What a handler needs to find it. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when all of these have arrived. */
  whenArrived(...names: string[]): Promise<void> {
    return this.#until(() => names.every((name) => this.arrived.includes(name)));
  }

  /** Resolves to the name of the n-th to arrive. */
  async arrival(nth: number): Promise<string> {
    await this.#until(() => this.arrived.length >= nth);
    return this.arrived[nth - 1] as string;
  }

  /** Lets the last one to arrive under this name pass: its handler returns the answer. */
  pass(name: string, answer = 'passed'): void {
    this.#sockets.get(name)?.end(`${answer}\n`);
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }
}

export async function withGate(body: (gate: Gate) => Promise<void>): Promise<void> {
  const gate = await Gate.open();
  try {
    await body(gate);
  } finally {
    await gate.close();
  }
}
