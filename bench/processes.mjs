/** Processes of the benches: the side that starts them and asks, and the side that is started and answers. */
import { fork } from 'node:child_process';
import { Session } from 'node:inspector/promises';

/** The environment that switches off the native helpers of ws. */
const WITHOUT_HELPERS = { WS_NO_BUFFER_UTIL: '1', WS_NO_UTF_8_VALIDATE: '1' };

export function environmentOf(contender) {
  return contender === 'ws' ? { ...process.env, ...WITHOUT_HELPERS } : process.env;
}

/** The name of the program of a contender: ws with its helpers is the same program in another environment. */
export function programOf(contender) {
  return contender === 'ws+native' ? 'ws' : contender;
}

/** The next message of a child process. */
export function answer(child) {
  return new Promise((resolve, reject) => {
    const onExit = (code) => reject(new Error(`a process ended with ${code}: ${child.spawnargs.join(' ')}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

/**
 * Starts `script CONTENDER ROW`, and waits until it is ready.
 *
 * @returns `ready`, the message that it sent then; `ask(question, parameters)`, and `stop()`.
 */
export async function startProcess(script, contender, row, { execArgv = [] } = {}) {
  const child = fork(new URL(script, import.meta.url), [programOf(contender), JSON.stringify(row)], {
    env: environmentOf(contender),
    execArgv,
  });
  const stop = () => child.kill();
  try {
    const ready = await answer(child);
    return {
      ready,
      pid: child.pid,
      stop,
      ask(question, parameters = {}) {
        child.send({ ...parameters, question });
        return answer(child);
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/** The contender and the row that this process was started for. */
export function given() {
  const [contender, row] = process.argv.slice(2);
  return { contender, row: JSON.parse(row) };
}

const inspector = new Session();

/** Questions that every process answers: V8's own profile of it, for machines without perf. */
const PROFILING = {
  async startProfile() {
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.start');
  },
  stopProfile: () => inspector.post('Profiler.stop'),
};

/** Answers the questions of the process that started this one. A question that fails ends this process. */
export function answerWith(answers, ready = {}) {
  process.on('message', async ({ question, ...parameters }) => {
    process.send((await (answers[question] ?? PROFILING[question])(parameters)) ?? {});
  });
  process.on('disconnect', () => process.exit());
  process.send(ready);
}

/** Microseconds of processor time of this process over all of its threads, since `before` if it is given. */
export function processorTime(before) {
  const { user, system } = process.cpuUsage();
  return user + system - (before ?? 0);
}
