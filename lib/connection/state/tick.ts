/**
 * Work for the end of the tick. A test runner replaces `process.nextTick` by a fake, and puts the true one back without
 * running what the fake was given. A list that waits for such a tick would wait for ever, and with it every connection
 * that is put on the list afterwards. So the true function is taken once, when this file is loaded; where the function
 * may be a fake, a microtask does the work, which no runner replaces.
 */

type Task<T> = (argument: T) => void;

type NextTick = <T>(task: Task<T>, argument: T) => void;

// eslint-disable-next-line @typescript-eslint/unbound-method -- it does not ask for its object
const nextTick: NextTick = process.nextTick;

const DONE = Promise.resolve();

/** Whether a tick came without anybody's help. Fake timers mark their functions with the property `clock`. */
let isTrue = false;
if (!('clock' in nextTick)) {
  nextTick(() => {
    isTrue = true;
  }, undefined);
}

/** Calls the task at the end of this tick, whatever `process.nextTick` is at the moment. */
export function atEndOfTick<T>(task: Task<T>, argument: T): void {
  if (isTrue) nextTick(task, argument);
  else void DONE.then(() => task(argument));
}
