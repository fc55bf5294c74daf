// Starts a MariaDB and a Redis for tests, and stops them. Each has a free port of the loopback address, its own folder, and its own
// password. `node scripts/servers.mjs` starts both and prints where they are, until it is interrupted.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, chownSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian keeps servers in sbin, which is not on the PATH of every user. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const HOST = '127.0.0.1';
/** User and group without rights, in whose name servers run when this program is root's. MariaDB refuses root. */
const UNPRIVILEGED = 65534;
/** The tables of a new MariaDB take some seconds on a busy machine. */
const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 20_000;
/** Another program may take a free port before the server does. */
const TRIES = 3;
const KEPT_OUTPUT = 4000;

const find = (name) => FOLDERS.map((folder) => join(folder, name)).find(isExecutable);
const isRoot = process.getuid?.() === 0;

/** Names of the servers that are installed here. */
export function installedServers() {
  return {
    mariadb: find('mariadbd') !== undefined && find('mariadb-install-db') !== undefined,
    redis: find('redis-server') !== undefined,
  };
}

/**
 * Starts servers. They end with this program, even if it is killed, where `setpriv` is installed.
 * @param {{ mariadb?: boolean, redis?: boolean }} wanted
 * @returns their addresses, and `stop()`, which ends them and removes their folders
 */
export async function startServers(wanted) {
  const stops = [];
  const stop = async () => {
    for (const stopOne of stops.splice(0)) await stopOne();
  };
  const servers = { mariadb: undefined, redis: undefined, stop };
  try {
    for (const [name, startOne] of Object.entries({ mariadb: startMariadb, redis: startRedis })) {
      if (wanted[name] !== true) continue;
      const { stop: stopOne, ...address } = await startOne();
      stops.push(stopOne);
      servers[name] = address;
    }
    return servers;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startMariadb() {
  const password = randomBytes(16).toString('hex');
  const [user, database] = ['tester', 'shop'];
  const folder = ownFolder('mariadb');
  const data = join(folder, 'data');
  const common = ['--no-defaults', `--datadir=${data}`];
  const init = join(folder, 'init.sql');
  writeFileSync(
    init,
    [
      `CREATE DATABASE IF NOT EXISTS ${database};`,
      `CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${password}';`,
      `GRANT ALL ON *.* TO '${user}'@'%';`,
      `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
    ].join('\n'),
    { mode: 0o644 },
  );
  try {
    const [command, args, options] = unprivileged(find('mariadb-install-db'), [
      ...common,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]);
    execFileSync(command, args, { ...options, cwd: folder, stdio: 'pipe', timeout: READY_WITHIN_MS });
    const running = await startOnFreePort((port) => ({
      command: find('mariadbd'),
      folder,
      ready: /ready for connections/,
      args: [
        ...common,
        `--port=${port}`,
        `--bind-address=${HOST}`,
        `--socket=${join(folder, 'socket')}`,
        `--pid-file=${join(folder, 'pid')}`,
        `--init-file=${init}`,
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=16M',
        '--performance-schema=OFF',
      ],
    }));
    return { ...running, host: HOST, user, password, database };
  } catch (error) {
    remove(folder);
    throw error;
  }
}

async function startRedis() {
  const password = randomBytes(16).toString('hex');
  const folder = ownFolder('redis');
  try {
    const running = await startOnFreePort((port) => ({
      command: find('redis-server'),
      folder,
      ready: /Ready to accept connections/,
      args: [
        ...['--port', String(port), '--bind', HOST, '--dir', folder, '--requirepass', password],
        ...['--save', '', '--appendonly', 'no', '--unixsocket', join(folder, 'socket')],
      ],
    }));
    return { ...running, host: HOST, password };
  } catch (error) {
    remove(folder);
    throw error;
  }
}

async function startOnFreePort(planFor) {
  for (let tried = 1; ; tried++) {
    const port = await freePort();
    try {
      return { port, ...(await start(planFor(port))) };
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
}

/** Starts a server, and resolves when it has said that it is ready. */
async function start({ command, args, folder, ready }) {
  const [program, programArgs, options] = unprivileged(command, args);
  const child = spawn(program, programArgs, { ...options, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  let output = '';
  const isReady = new Promise((resolve) => {
    const read = (text) => {
      output = (output + text).slice(-KEPT_OUTPUT);
      if (ready.test(output)) resolve('ready');
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
  });
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      if ((await within(STOPPED_WITHIN_MS, ended)) === LATE) child.kill('SIGKILL');
      await ended;
    }
    remove(folder);
  };
  const came = await within(READY_WITHIN_MS, Promise.race([isReady, ended.then(() => 'ended')]));
  if (came !== 'ready') {
    if (came === LATE) child.kill('SIGKILL');
    await ended;
    throw new Error(`${command} ${came === LATE ? 'is not ready in time' : 'ended at once'}:\n${output}`);
  }
  // Later output is of no use, but a pipe that is not read would fill and stop the server.
  for (const stream of [child.stdout, child.stderr]) stream.removeAllListeners('data').resume();
  return { pid: child.pid, folder, stop };
}

/** The command, arguments and options with which a program has no rights of root, and ends with this one. */
function unprivileged(command, args) {
  const setpriv = find('setpriv');
  if (setpriv === undefined) return [command, args, isRoot ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}];
  const rights = isRoot ? [`--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups'] : [];
  return [setpriv, [...rights, '--pdeathsig', 'KILL', '--', command, ...args], {}];
}

function ownFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `millpond-${name}-`));
  if (isRoot) chownSync(folder, UNPRIVILEGED, UNPRIVILEGED);
  return folder;
}

function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const LATE = Symbol('late');

/** The result of a promise, or LATE. */
async function within(ms, promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not installed in this folder
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const servers = await startServers(installedServers());
  for (const name of ['mariadb', 'redis']) {
    const { host, port, user, password, pid } = servers[name] ?? {};
    console.log(
      port === undefined ? `${name}: not installed` : `${name}: ${user ?? ''}:${password}@${host}:${port} (pid ${pid})`,
    );
  }
  const isOver = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  // A promise alone does not keep a program open.
  const timer = setInterval(() => {}, 1 << 30);
  await isOver;
  clearInterval(timer);
  await servers.stop();
}
