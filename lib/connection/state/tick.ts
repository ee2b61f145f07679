/**
 * Work for the end of the tick, and for the next turn of the event loop. A test runner replaces `process.nextTick` by
 * a fake, and puts the true one back without running the work that the fake was given. A list that waits for such a
 * tick would wait for ever, together with every connection that is put on the list afterwards. So the true function
 * is taken once, when this file is loaded. If the function may be a fake, a microtask does the work, since no runner
 * replaces microtasks.
 */
import { setImmediate } from 'node:timers';

type Task<T> = (argument: T) => void;

type NextTick = <T>(task: Task<T>, argument: T) => void;

// eslint-disable-next-line @typescript-eslint/unbound-method -- it does not ask for its object
const nextTick: NextTick = process.nextTick;

/** Runners replace the functions of the module `timers` as well (node:test, sinon, vitest). */
const nextTurn: <T>(task: Task<T>, argument: T) => void = setImmediate;

const DONE = Promise.resolve();

/** Whether `nextTick` is known to run by itself. Fake timers mark their functions with the property `clock`. */
let isTrue = false;
if (!('clock' in nextTick)) {
  nextTick(() => {
    isTrue = true;
  }, undefined);
}

/** Calls the task at the end of this tick, even if `process.nextTick` is a fake at the moment. */
export function atEndOfTick<T>(task: Task<T>, argument: T): void {
  if (isTrue) nextTick(task, argument);
  else void DONE.then(() => task(argument));
}

/** Whether a turn came without anybody's help. */
let isTurnTrue = false;
nextTurn(() => {
  isTurnTrue = true;
}, undefined);

/** Calls the task in the next turn of the event loop, whatever `setImmediate` is at the moment. */
export function inNextTurn<T>(task: Task<T>, argument: T): void {
  if (isTurnTrue) nextTurn(task, argument);
  else atEndOfTick(task, argument);
}

/** Calls the task when this task of JavaScript is over, whatever `queueMicrotask` is at the moment. */
export function inMicrotask(task: () => void): void {
  void DONE.then(task);
}
