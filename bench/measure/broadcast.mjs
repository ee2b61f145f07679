/** A server that sends to many. The figure is nanoseconds of its processor time for a delivery. */
import { startProcess } from '../processes.mjs';

export async function start(contender, row, { execArgv } = {}) {
  const server = await startProcess('contenders/broadcast.mjs', contender, row, { execArgv });
  if (server.ready.absent) {
    server.stop();
    return null;
  }
  const reader = await startProcess('contenders/broadcast-reader.mjs', contender, row);
  const round = (milliseconds) => server.ask('run', { milliseconds });
  return {
    measured: server,
    round,
    async warmUp(milliseconds) {
      await reader.ask('open', server.ready);
      await round(milliseconds);
    },
    stop() {
      server.stop();
      reader.stop();
    },
  };
}
