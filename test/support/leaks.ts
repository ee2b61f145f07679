import assert from 'node:assert/strict';
import { after, before } from 'mocha';

/** Resources that keep the process busy, without the runner's own timers and pipes. */
function busyWith(): string[] {
  const own = new Set([
    'Timeout',
    'Immediate',
    'PipeWrap',
    'TTYWrap',
    'FSReqCallback',
    'CloseReq',
    'TickObject',
  ]);
  return process.getActiveResourcesInfo().filter((name) => !own.has(name));
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The names of `now` that are more often there than in `then`. */
function added(now: readonly string[], then: readonly string[]): string[] {
  const left = [...then];
  return now.filter((name) => {
    const index = left.indexOf(name);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** Checks at the end of a test file that it left no socket, server, process or timer behind. */
export function leavesNothing(): void {
  let resources: string[];
  let timersBefore: number;
  // Both hooks count after a turn of the loop: mocha starts the timer of an asynchronous hook when it has returned.
  before(async () => {
    await nextTurn();
    resources = busyWith();
    timersBefore = timers();
  });
  after(async () => {
    // Closed resources disappear in the next turns of the loop. On a busy machine Node's own timers are late.
    const end = performance.now() + 5000;
    do await nextTurn();
    while ((added(busyWith(), resources).length > 0 || timers() > timersBefore) && performance.now() < end);
    assert.deepEqual(added(busyWith(), resources), [], 'a resource is left');
    assert.ok(timers() <= timersBefore, 'a timer is left');
  });
}
