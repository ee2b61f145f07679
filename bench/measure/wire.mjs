/**
 * Servers under a load from a program in C (`load.c`). The figures are messages (or handshakes) a second, and nanoseconds
 * of the server's processor time for each.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startProcess } from '../processes.mjs';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../../.cache/', import.meta.url));
const program = `${folder}bench-load`;
let isCompiled = null;

/** Whether the load is there. It needs Linux and a C compiler. */
export function hasLoad() {
  if (isCompiled === null) {
    mkdirSync(folder, { recursive: true });
    const source = fileURLToPath(new URL('../load.c', import.meta.url));
    isCompiled =
      process.platform === 'linux' &&
      spawnSync('cc', ['-O2', '-o', program, source], { stdio: ['ignore', 2, 2] }).status === 0;
  }
  return isCompiled;
}

/** Runs the load, and returns the figures that it prints. */
async function load(mode, port, ...parameters) {
  const { stdout } = await run(program, [mode, port, ...parameters].map(String));
  return JSON.parse(stdout);
}

const startServer = (contender, row, execArgv = []) =>
  startProcess('contenders/servers.mjs', contender, row, { execArgv: ['--expose-gc', ...execArgv] });

/** Echoes, and handshakes: `row.load` is the mode of the load with its parameters. */
export async function start(contender, row, { execArgv } = {}) {
  const server = await startServer(contender, row, execArgv);
  const [mode, ...parameters] = row.load;
  const round = async (milliseconds) => {
    // Connections are opened, and the caches are filled again, before the load counts. The server's time includes that.
    const warm = milliseconds / 4;
    const before = await server.ask('processor');
    const { perSecond } = await load(mode, server.ready.port, ...parameters, warm, milliseconds);
    const after = await server.ask('processor');
    const messages = (perSecond * (warm + milliseconds)) / 1000;
    return { rate: perSecond, cost: ((after.spent - before.spent) * 1000) / messages };
  };
  return {
    measured: server,
    stop: server.stop,
    round,
    async warmUp(milliseconds) {
      await load(mode, server.ready.port, ...parameters, 0, milliseconds);
    },
  };
}

/** The bytes of an open, silent connection, of `row.connections`. */
export async function startIdle(contender, row) {
  const server = await startServer(contender, row);
  const hold = async (count, during) => {
    const holder = spawn(program, ['idle', String(server.ready.port), String(count)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve, reject) => {
      holder.stdout.once('data', resolve);
      holder.once('exit', () => reject(new Error('the load ended')));
    });
    const result = await during();
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    holder.stdin.end();
    await ended;
    return result;
  };
  return {
    stop: server.stop,
    // The first connections load code and tables that are needed only once.
    warmUp: () => hold(Math.min(200, row.connections), () => undefined),
    async round() {
      const before = await server.ask('memory');
      const after = await hold(row.connections, () => server.ask('memory'));
      return {
        resident: (after.rss - before.rss) / row.connections,
        heap: (after.heapUsed - before.heapUsed) / row.connections,
      };
    },
  };
}

/** The delay of the event loop under a load, in milliseconds. */
export async function startDelay(contender, row) {
  const server = await startServer(contender, row);
  const [mode, ...parameters] = row.load;
  const warmUp = (milliseconds) => load(mode, server.ready.port, ...parameters, 0, milliseconds);
  return {
    stop: server.stop,
    warmUp,
    async round(milliseconds) {
      await server.ask('delay');
      await warmUp(milliseconds);
      return server.ask('delayed');
    },
  };
}

/**
 * The time until a reply comes, in milliseconds, while messages are sent at a rate that does not depend on the replies:
 * `row.share` of the rate that saturates the server, or `row.rate`. A rate saturates if 16 messages are under way on each of
 * the connections all the time.
 */
export async function startLatency(contender, row) {
  const server = await startServer(contender, row);
  const { port } = server.ready;
  const { connections, size } = row;
  let saturation;
  return {
    measured: server,
    stop: server.stop,
    async warmUp(milliseconds) {
      await load('echo', port, connections, 16, size, 0, milliseconds);
      saturation = (await load('echo', port, connections, 16, size, 0, milliseconds)).perSecond;
    },
    async round(milliseconds) {
      const rate = row.rate ?? row.share * saturation;
      const figures = await load('paced', port, connections, size, rate, milliseconds / 4, milliseconds);
      return { saturation, rate, ...figures };
    },
  };
}
