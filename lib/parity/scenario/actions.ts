/** Reads the actions of a component, and checks the rules that hold for every action (D-1). */
import { Action, ActionQueue, BufferType } from '../../component/contract.js';
import type { ActionResult } from '../../component/contract.js';
import { fail } from './failure.js';
import { Context } from './handle.js';
import type { Handle } from './handle.js';
import { actionName } from './step.js';
import type { Step } from './step.js';

const LONGEST_HEADER = 14;

/** Whether a write must be the payload of a send: it is longer than a header, and no control frame. */
function ownsPayload({ role, payloads }: Handle, { bufferType, buffers }: ActionResult): boolean {
  if (role === 'client' || bufferType >= BufferType.Close) return true;
  return buffers.every((buffer) => buffer.length <= LONGEST_HEADER || payloads.has(buffer.buffer));
}

/** Checks the rules that hold for every action (D-1). */
export function checkAction(state: Handle, result: ActionResult, queue: number, capacity: number): void {
  const { action, bufferType, buffers, actionContext, close } = result;
  const name = actionName(action);
  const require = (holds: boolean, what: string) => {
    if (!holds) fail(`  ${name}: ${what}`);
  };
  require((actionContext === null) ===
    (action === Action.NoAction), 'only NoAction has no action context (B8-4)');
  require(close === undefined ||
    bufferType === BufferType.Close, 'close is for a received close only (D4-7)');
  switch (action) {
    case Action.NoAction:
      require(buffers.length === 0 && bufferType === 0, 'has neither buffers nor a type (Q-R9)');
      break;
    case Action.SendToNetwork:
      require(buffers.length >= 1 &&
        buffers.length <= capacity, `has ${buffers.length} buffers, not 1 to ${capacity} (D2-5, D2-6)`);
      require(ownsPayload(state, result), "a server's payload is the caller's memory, uncopied (D2-3)");
      break;
    case Action.IndicateSendComplete:
      require(buffers.length === 0, 'has no buffers (D2-9)');
      require((queue & ActionQueue.Send) !== 0, 'belongs to the send queue (D1-2)');
      require(--state.sendsOpen >= 0, 'comes once for each send (D1-4)');
      break;
    case Action.ReceiveFromNetwork:
      require(buffers.length === 1 && buffers[0]!.length > 0, 'has one window, not empty (D3-1)');
      require(bufferType === 0, 'has no type (Q-R9)');
      require((queue & ActionQueue.Receive) !== 0, 'belongs to the receive queue (D1-2)');
      break;
    case Action.IndicateReceiveComplete:
      require(buffers.length <= 1, 'has one buffer at most (D3-5)');
      require((queue & ActionQueue.Receive) !== 0, 'belongs to the receive queue (D1-2)');
      require(--state.receivesOpen >= 0, 'comes once for each receive (D1-5)');
      checkMemory(state, result);
  }
}

/** Data for a receive with a buffer must be in that buffer (B7-3). A buffer of no bytes counts as none (Q-R6). */
function checkMemory(state: Handle, { bufferType, buffers }: ActionResult): void {
  const memory = state.memories.shift();
  const [data] = buffers;
  const isControl = bufferType === BufferType.PingPong || bufferType === BufferType.Close;
  if (isControl || data === undefined || data.length === 0 || memory === undefined || memory === null) return;
  if (memory.length !== 0 && data.buffer !== memory.buffer)
    fail('  IndicateReceiveComplete: the data is not in the buffer given to receive (B7-3)');
}

/** Reads an action as a step of the document. */
export function readStep(state: Handle, result: ActionResult): Step {
  const { action, bufferType, buffers, close } = result;
  const context = contextName(result);
  switch (action) {
    case Action.NoAction:
      return { kind: 'none' };
    case Action.SendToNetwork: {
      const isOwnPong =
        context === undefined &&
        (bufferType === BufferType.PingPong || bufferType === BufferType.UnsolicitedPong);
      const reader = isOwnPong ? state.pongs : state.outgoing;
      return {
        kind: 'write',
        type: bufferType,
        buffers: buffers.map((buffer) => reader.read(buffer)),
        context,
      };
    }
    case Action.IndicateSendComplete:
      return { kind: 'sent', type: bufferType, context };
    case Action.ReceiveFromNetwork:
      return { kind: 'read', window: buffers[0]!.length, bytes: -1, context };
    case Action.IndicateReceiveComplete: {
      const data = buffers.length === 0 || close !== undefined ? null : Uint8Array.from(buffers[0]!);
      return { kind: 'received', type: bufferType, data, close, context };
    }
    default:
      return fail(`  unknown action ${String(action)}`);
  }
}

function contextName({ applicationContext }: ActionResult): string | undefined {
  if (applicationContext === undefined) return undefined;
  if (!(applicationContext instanceof Context))
    fail(`  a foreign application context, a ${typeof applicationContext}`);
  return applicationContext.name;
}
