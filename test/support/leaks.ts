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

/** Checks at the end of a test file that it left no socket, server, process or timer behind. */
export function leavesNothing(): void {
  let resources: string[];
  let timersBefore: number;
  before(() => {
    resources = busyWith();
    timersBefore = timers();
  });
  after(async () => {
    // Closed resources disappear in the next turns of the loop. On a busy machine Node's own timers are late.
    for (const end = performance.now() + 5000; performance.now() < end;) {
      if (busyWith().length <= resources.length && timers() <= timersBefore) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(busyWith(), resources);
    assert.ok(timers() <= timersBefore, 'a timer is left');
  });
}
