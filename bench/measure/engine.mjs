/** Work in memory. The figure is nanoseconds of processor time a message. */
import { startProcess } from '../processes.mjs';

export async function start(contender, row, { execArgv } = {}) {
  const measured = await startProcess('contenders/engine.mjs', contender, row, { execArgv });
  const { ask, stop } = measured;
  if (measured.ready.absent) {
    stop();
    return null;
  }
  const round = (milliseconds) => ask('round', { milliseconds });
  return {
    measured,
    round,
    stop,
    check: () => ask('check'),
    async warmUp(milliseconds) {
      await ask('check');
      await round(milliseconds);
    },
  };
}
