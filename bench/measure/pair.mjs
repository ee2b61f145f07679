/**
 * A server and a client, each a process. `row.measured` says which of them is the contender, 'server' or 'client', or
 * that 'both' are. The other one is `row.server` or `row.client`.
 *
 * The figures are nanoseconds of processor time for each message, and messages a second.
 */
import { startProcess } from '../processes.mjs';

/** Contenders that are no server: the work alone, without a client. */
const ALONE = { 'zlib alone': 'contenders/zlib-alone.mjs' };

const cost = (microseconds, messages) => (microseconds * 1000) / messages;

async function startAlone(contender, row, execArgv) {
  const alone = await startProcess(ALONE[contender], contender, row, { execArgv });
  const round = async (milliseconds) => {
    const { spent, messages } = await alone.ask('run', { milliseconds });
    return { cost: cost(spent, messages) };
  };
  return {
    measured: alone,
    stop: alone.stop,
    round,
    async warmUp(milliseconds) {
      await alone.ask('check');
      await round(milliseconds);
    },
  };
}

export async function start(contender, row, { execArgv } = {}) {
  if (contender in ALONE) return startAlone(contender, row, execArgv);
  const isServer = row.measured !== 'client';
  const isClient = row.measured !== 'server';
  const server = await startProcess('contenders/servers.mjs', isServer ? contender : row.server, row, {
    execArgv: isServer ? execArgv : [],
  });
  let client;
  try {
    const given = { ...row, port: server.ready.port, constantReply: contender.startsWith('floor') };
    client = await startProcess('contenders/clients.mjs', isClient ? contender : row.client, given, {
      execArgv: isClient ? execArgv : [],
    });
  } catch (error) {
    server.stop();
    throw error;
  }
  const round = async (milliseconds) => {
    const before = await server.ask('processor');
    const { spent, messages, seconds } = await client.ask('run', { milliseconds });
    const after = await server.ask('processor');
    const serverSpent = after.spent - before.spent;
    return {
      cost: cost((isServer ? serverSpent : 0) + (isClient ? spent : 0), messages),
      rate: messages / seconds,
    };
  };
  return {
    measured: isServer ? server : client,
    round,
    check: () => client.ask('check'),
    async warmUp(milliseconds) {
      await client.ask('check');
      await round(milliseconds);
    },
    stop() {
      client.stop();
      server.stop();
    },
  };
}
