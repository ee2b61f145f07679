/**
 * Runs contenders side by side, each in a process. They are measured in turn, so that a disturbance of the machine
 * affects all of them.
 */
import { fork } from 'node:child_process';

/** The environment that switches off the native helpers of ws. */
const WITHOUT_HELPERS = { WS_NO_BUFFER_UTIL: '1', WS_NO_UTF_8_VALIDATE: '1' };

export function environmentOf(contender) {
  return contender === 'ws' ? { ...process.env, ...WITHOUT_HELPERS } : process.env;
}

/** The module of a contender. */
export function moduleOf(contender) {
  return contender === 'ws+native' ? 'ws' : contender;
}

/** The next message of a child process. */
export function answer(child) {
  return new Promise((resolve, reject) => {
    const onExit = (code) => reject(new Error(`a contender ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

export function summaryOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >>> 1], min: sorted[0], max: sorted.at(-1), rounds: values };
}

/** Measures the row with each contender. Returns nanoseconds per message. */
export async function interleave(row, contenders, { rounds, milliseconds }) {
  const script = new URL('engine/process.mjs', import.meta.url);
  const running = [];
  try {
    for (const contender of contenders) {
      const child = fork(script, [moduleOf(contender), JSON.stringify(row)], {
        env: environmentOf(contender),
      });
      running.push({ contender, child, values: [] });
      await answer(child);
      child.send({ warmUp: true, milliseconds: milliseconds * 3 });
      if ((await answer(child)).absent === true) running.pop().child.kill();
    }
    for (let turn = 0; turn < rounds; turn++) {
      for (const { child, values } of running) {
        child.send({ milliseconds });
        values.push((await answer(child)).value);
      }
    }
  } finally {
    for (const { child } of running) child.kill();
  }
  return Object.fromEntries(running.map(({ contender, values }) => [contender, summaryOf(values)]));
}
