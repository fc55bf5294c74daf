import { describe } from 'vitest';
// @ts-expect-error -- a script, without types
import * as scripts from '../../../../scripts/servers.mjs';

interface Server {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly password: string;
}

/** Servers of a test, as scripts/servers.mjs starts them. */
export interface StartedServers {
  readonly mariadb: Server & { readonly user: string; readonly database: string };
  readonly redis: Server;
  stop(): Promise<void>;
}

const { installedServers, startServers: start } = scripts as {
  installedServers(): { mariadb: boolean; redis: boolean };
  startServers(wanted: { mariadb?: boolean; redis?: boolean }): Promise<StartedServers>;
};

export const startServers = start;

/** Tests that need a server. They are skipped where it is not installed, and a line says so. */
export function describeWith(name: 'mariadb' | 'redis', body: () => void): void {
  const isInstalled = installedServers()[name];
  if (!isInstalled) console.log(`${name} is not installed, so its tests are skipped.`);
  describe.skipIf(!isInstalled)(`with a real ${name}`, body);
}
