/** Work in memory. The figure is nanoseconds of processor time a message. */
import { startProcess } from '../processes.mjs';

export async function start(contender, row, { execArgv } = {}) {
  const { ready, pid, ask, stop } = await startProcess('contenders/engine.mjs', contender, row, { execArgv });
  if (ready.absent) {
    stop();
    return null;
  }
  const round = (milliseconds) => ask('round', { milliseconds });
  return {
    pid,
    round,
    stop,
    check: () => ask('check'),
    async warmUp(milliseconds) {
      await ask('check');
      await round(milliseconds);
    },
  };
}
