/**
 * Servers under a load from a program in C (`load.c`). The figures are messages (or handshakes) a second, and nanoseconds
 * of the server's processor time for each.
 */
import { load, startLoad } from './load.mjs';
import { startProcess } from '../processes.mjs';

const startServer = (contender, row, execArgv = []) =>
  startProcess('contenders/servers.mjs', contender, row, { execArgv: ['--expose-gc', ...execArgv] });

/** The mode of the load, `row.load`, and its parameters up to the times. */
function argumentsOf({ load: mode, sleeps, connections, depth, size }, port) {
  const work = mode === 'handshake' ? [connections] : [connections, depth, size];
  return [...(sleeps ? ['--sleep'] : []), mode, port, ...work];
}

/** Echoes, and handshakes. */
export async function start(contender, row, { execArgv } = {}) {
  const server = await startServer(contender, row, execArgv);
  const given = argumentsOf(row, server.ready.port);
  const round = async (milliseconds) => {
    // Connections are opened, and the caches are filled again, before the load counts. The server's time includes that.
    const warm = milliseconds / 4;
    const before = await server.ask('processor');
    const { perSecond } = await load(...given, warm, milliseconds);
    const after = await server.ask('processor');
    const messages = (perSecond * (warm + milliseconds)) / 1000;
    return { rate: perSecond, cost: ((after.spent - before.spent) * 1000) / messages };
  };
  return {
    measured: server,
    stop: server.stop,
    round,
    async warmUp(milliseconds) {
      await load(...given, 0, milliseconds);
    },
  };
}

/** The bytes of an open, silent connection, of `row.connections`. */
export async function startIdle(contender, row) {
  const server = await startServer(contender, row);
  const hold = async (count, during) => {
    const holder = startLoad('idle', server.ready.port, count);
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
  const given = argumentsOf(row, server.ready.port);
  const warmUp = (milliseconds) => load(...given, 0, milliseconds);
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
      await load('--sleep', 'echo', port, connections, 16, size, 0, milliseconds);
      saturation = (await load('--sleep', 'echo', port, connections, 16, size, 0, milliseconds)).perSecond;
    },
    async round(milliseconds) {
      const rate = row.rate ?? row.share * saturation;
      const figures = await load(
        '--sleep',
        'paced',
        port,
        connections,
        size,
        rate,
        milliseconds / 4,
        milliseconds,
      );
      return { saturation, rate, ...figures };
    },
  };
}
